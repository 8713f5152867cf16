/**
 * Who uses the engine now. A load in the place of another model waits until they are done.
 *
 * @module
 */
export class EngineUsers {
  /** Called when one comes or goes. */
  onChange: () => void = () => {};
  #count = 0;
  #free: PromiseWithResolvers<void> | undefined;

  get count(): number {
    return this.#count;
  }

  async with<T>(work: () => Promise<T>): Promise<T> {
    this.#count++;
    this.onChange();
    try {
      return await work();
    } finally {
      this.#count--;
      if (this.#count === 0) {
        this.#free?.resolve();
        this.#free = undefined;
      }
      this.onChange();
    }
  }

  /** Resolves when nobody uses it. */
  async whenFree(): Promise<void> {
    if (this.#count === 0) return;
    this.#free ??= Promise.withResolvers();
    await this.#free.promise;
  }
}

/**
 * Sites that find `globalThis.LanguageModel` because the person switched it on: a script of ours runs there before theirs.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { watchSettings } from './budget.ts';
import type { SettingsOfSites } from './budget.ts';
import { watchGrants } from './grants.ts';
import type { Grants } from './grants.ts';
import { hostPermission, sharePermission } from './host-permission.ts';
import type { ReadingGrants } from './reading.ts';
import { isSameSite } from './site.ts';

const SCRIPT_ID = 'language-model';
/** Built from `extension/entrypoints/language-model.ts`. */
const SCRIPT = 'language-model.js';

/**
 * Registers the script for exactly the sites that are always allowed and switched on; the browser keeps it over restarts. Takes back
 * the browser's leave for a site once neither the script nor the side panel needs it.
 */
export class Offers {
  readonly #grants: Pick<Grants, 'list'>;
  readonly #settings: Pick<SettingsOfSites, 'list'>;
  readonly #reading: Pick<ReadingGrants, 'list' | 'forget'>;
  #done: Promise<void> = Promise.resolve();

  constructor(
    grants: Pick<Grants, 'list'>,
    settings: Pick<SettingsOfSites, 'list'>,
    reading: Pick<ReadingGrants, 'list' | 'forget'>,
  ) {
    this.#grants = grants;
    this.#settings = settings;
    this.#reading = reading;
  }

  /** Updates after every decision, and now: an update of the extension loses what was registered. */
  follow(): void {
    watchGrants(() => void this.update());
    watchSettings(() => void this.update());
    void this.update();
  }

  /** One after another. Never rejects. */
  update(): Promise<void> {
    return this.#next(() => this.#update()).catch(() => {}); // without the browser's leave nothing runs
  }

  /** Whether the browser's leave for a site is needed for `LanguageModel`. */
  async needs(origin: string): Promise<boolean> {
    return (await this.#sites()).some((site) => sharePermission(site, origin));
  }

  /**
   * The side panel may no longer read a site without being asked from its pages. The browser's leave outlasts that while it is needed.
   *
   * @throws LocalLLMError invalid-state, where the browser allows more than this site
   */
  endReading(origin: string): Promise<void> {
    return this.#next(async () => {
      const leave = hostPermission(origin);
      if (!(await this.needs(origin))) {
        await browser.permissions.remove(leave);
        if (await browser.permissions.contains(leave)) {
          throw new LocalLLMError(
            'invalid-state',
            `The browser goes on letting localLLM read ${origin}, as it is allowed on more than this site. Change that in the browser’s list of extensions, in localLLM’s details.`,
          );
        }
      }
      await this.#reading.forget(origin);
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#done.then(work);
    this.#done = done.catch(() => {}); // belongs to whoever asked for it
    return done;
  }

  /** Origins of the sites that find `LanguageModel`. */
  async #sites(): Promise<string[]> {
    const grants = await this.#grants.list();
    const sites = (await this.#settings.list()).filter(
      (site) =>
        site.languageModel &&
        !site.paused &&
        site.top === undefined &&
        grants.some((grant) => grant.decision === 'always' && isSameSite(grant, site)),
    );
    return sites.map(({ origin }) => origin);
  }

  async #update(): Promise<void> {
    const sites = await this.#sites();
    const matches = sites.map((origin) => `${origin}/*`).sort();
    const [registered] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
    if (matches.join() === (registered?.matches ?? []).toSorted().join()) return;
    if (registered) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
    if (matches.length > 0) {
      const script = { id: SCRIPT_ID, js: [SCRIPT], matches, persistAcrossSessions: true };
      await browser.scripting.registerContentScripts([{ ...script, runAt: 'document_start', world: 'MAIN' }]);
    }
    const read = (await this.#reading.list()).map(({ origin }) => origin);
    const needed = new Set([...sites, ...read].flatMap((origin) => hostPermission(origin).origins));
    const had = (registered?.matches ?? []).flatMap((match) => hostPermission(match.slice(0, -2)).origins);
    const spare = had.filter((pattern) => !needed.has(pattern));
    if (spare.length > 0) await browser.permissions.remove({ origins: spare });
  }
}

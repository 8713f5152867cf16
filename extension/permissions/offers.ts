/**
 * Sites that find `globalThis.LanguageModel` because the person switched it on: a script of ours runs there before theirs.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import type { SettingsOfSites } from './budget.ts';
import type { Grants } from './grants.ts';
import { isSameSite } from './site.ts';

const SCRIPT_ID = 'language-model';
/** Built from `extension/entrypoints/language-model.ts`. */
const SCRIPT = 'language-model.js';

/** What the browser has to be asked for; its patterns for permissions know no ports. */
export function hostPermission(origin: string): { origins: string[] } {
  const { protocol, hostname } = new URL(origin);
  return { origins: [`${protocol}//${hostname}/*`] };
}

/** Registers the script for exactly the sites that are always allowed and switched on; the browser keeps it over restarts. */
export class Offers {
  readonly #grants: Pick<Grants, 'list'>;
  readonly #settings: Pick<SettingsOfSites, 'list'>;
  #done: Promise<void> = Promise.resolve();

  constructor(grants: Pick<Grants, 'list'>, settings: Pick<SettingsOfSites, 'list'>) {
    this.#grants = grants;
    this.#settings = settings;
  }

  /** One after another. Never rejects. */
  update(): Promise<void> {
    return (this.#done = this.#done.then(() => this.#update()).catch(() => {})); // without the browser's leave nothing runs
  }

  async #update(): Promise<void> {
    const grants = await this.#grants.list();
    const sites = (await this.#settings.list()).filter(
      (site) =>
        site.languageModel &&
        !site.paused &&
        site.top === undefined &&
        grants.some((grant) => grant.decision === 'always' && isSameSite(grant, site)),
    );
    const matches = sites.map(({ origin }) => `${origin}/*`).sort();
    const [registered] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
    if (matches.join() === (registered?.matches ?? []).toSorted().join()) return;
    if (registered) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
    const needed = new Set(sites.flatMap(({ origin }) => hostPermission(origin).origins));
    const had = (registered?.matches ?? []).flatMap((match) => hostPermission(match.slice(0, -2)).origins);
    const spare = had.filter((pattern) => !needed.has(pattern));
    if (spare.length > 0) await browser.permissions.remove({ origins: spare });
    if (matches.length === 0) return;
    await browser.scripting.registerContentScripts([
      { id: SCRIPT_ID, js: [SCRIPT], matches, runAt: 'document_start', world: 'MAIN', persistAcrossSessions: true },
    ]);
  }
}

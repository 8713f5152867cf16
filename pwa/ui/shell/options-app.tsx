import { useEffect, useMemo } from 'preact/hooks';
import { AboutView } from '../about-view.tsx';
import { EngineView } from '../engine/engine-view.tsx';
import { createRemedy } from '../engine/remedies.ts';
import { Icon, Mark } from '../icons.tsx';
import type { IconName } from '../icons.tsx';
import { ModelsView } from '../models/models-view.tsx';
import type { Services } from '../services.ts';
import { ActivityView } from '../sites/activity-view.tsx';
import { SitesView } from '../sites/sites-view.tsx';
import type { ActivitySource, SitesSource } from '../sites/sources.ts';

interface OptionsAppProps {
  services: Services;
  sites: SitesSource;
  activity: ActivitySource;
  version: string;
}

const SECTIONS: readonly { id: string; name: string; icon: IconName }[] = [
  { id: 'sites', name: 'Sites', icon: 'sites' },
  { id: 'activity', name: 'Activity', icon: 'history' },
  { id: 'models', name: 'Models', icon: 'models' },
  { id: 'engine', name: 'Engine', icon: 'engine' },
  { id: 'about', name: 'About', icon: 'info' },
];

/** The extension's settings: one page, with links to its parts. */
export function OptionsApp({ services, sites, activity, version }: OptionsAppProps) {
  useEffect(() => services.monitor.start(), [services]);
  const toModels = () => document.getElementById('models')?.scrollIntoView();
  const remedy = useMemo(() => createRemedy(services, toModels), [services]);
  useEffect(() => {
    if (location.hash === '#models') toModels();
  }, []);
  const views = {
    sites: <SitesView source={sites} />,
    activity: <ActivityView source={activity} />,
    models: <ModelsView services={services} kept />,
    engine: <EngineView services={services} remedy={remedy} />,
    about: <AboutView version={version} />,
  };
  return (
    <div class="shell">
      <nav class="side" aria-label="Settings">
        <h1 class="brand">
          <Mark size={28} />
          localLLM
        </h1>
        <ul>
          {SECTIONS.map(({ id, name, icon }) => (
            <li key={id}>
              <a href={`#${id}`}>
                <Icon name={icon} />
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main class="page">
        {SECTIONS.map(({ id, name }) => (
          <section key={id} id={id} aria-labelledby={`${id}-title`}>
            <h2 id={`${id}-title`}>{name}</h2>
            {views[id as keyof typeof views]}
          </section>
        ))}
      </main>
    </div>
  );
}

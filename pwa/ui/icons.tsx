/** Line icons on a grid of 24, drawn in the colour of the text. */
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  send: 'M12 19V5M5.5 11.5 12 5l6.5 6.5',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  expand: 'm6 9.5 6 6 6-6',
  retry: 'M19 12a7 7 0 1 1-2.2-5.1M17 3v4h-4',
  history: 'M4 12a8 8 0 1 0 2.6-5.9M4 4v4h4M12 8v4.5l3 1.8',
  settings:
    'M12 6.2a5.8 5.8 0 1 0 0 11.6 5.8 5.8 0 0 0 0-11.6M12 9.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6M12 3.4v2.8M12 17.8v2.8M3.4 12h2.8M17.8 12h2.8M5.9 5.9l2 2M16.1 16.1l2 2M5.9 18.1l2-2M16.1 7.9l2-2',
  tune: 'M4 7h8M17.5 7H20M4 17h2.5M12 17h8M14.75 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M9.25 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5',
  attach: 'm19 11.5-7.3 7.3a4.6 4.6 0 0 1-6.5-6.5l7.6-7.6a3.1 3.1 0 0 1 4.4 4.4l-7.6 7.6a1.6 1.6 0 0 1-2.2-2.2l6.9-6.9',
  file: 'M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5v5h5M9 13h6M9 16.5h6',
  edit: 'M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5',
  before: 'm14.5 6-6 6 6 6',
  after: 'm9.5 6 6 6-6 6',
  onward: 'M4 12h13M12 6.5l5.5 5.5-5.5 5.5M20.5 5v14',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7',
  down: 'M12 5v14M5.5 12.5 12 19l6.5-6.5',
  close: 'M6 6l12 12M18 6 6 18',
  chat: 'M4 5h16v11H11l-5 4v-4H4z',
  models: 'M4 8l8-4 8 4-8 4zM4 12l8 4 8-4M4 16l8 4 8-4',
  engine: 'M8 8h8v8H8zM10 4v4M14 4v4M10 16v4M14 16v4M4 10h4M4 14h4M16 10h4M16 14h4',
  sites: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M4 12h16M12 4c5 5 5 11 0 16M12 4c-5 5-5 11 0 16',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 11v5M12 8v.01',
  warning: 'M12 4 3 19.5h18zM12 10v4.5M12 17v.01',
  offline: 'M4 4l16 16M5 12a10 10 0 0 1 4-2.4M15 9.8a10 10 0 0 1 4 2.2M8.5 15.5a5 5 0 0 1 7 0M12 19v.01',
  install: 'M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14',
  share: 'M12 15V4M8 7.5 12 4l4 3.5M7 11H5.5v9h13v-9H17',
  page: 'M6 4h8l4 4v12H6zM14 4v4h4M9 12h6M9 15.5h6',
  selection: 'M4 5h4M4 19h4M6 5v14M11 9h9M11 15h6',
  panel: 'M4 5h16v14H4zM14 5v14',
  more: 'M5 12a.6.6 0 1 0 1.2 0 .6.6 0 0 0-1.2 0M11.4 12a.6.6 0 1 0 1.2 0 .6.6 0 0 0-1.2 0M17.8 12a.6.6 0 1 0 1.2 0 .6.6 0 0 0-1.2 0',
  search: 'M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.8 15.8 20 20',
  list: 'M4 5h16v14H4zM9.5 5v14',
  keyboard: 'M3.5 7h17v10.5h-17zM7 10.5h.01M10.3 10.5h.01M13.7 10.5h.01M17 10.5h.01M8 14h8',
  upload: 'M12 15V4M7.5 8.5 12 4l4.5 4.5M5 20h14',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark: a speech bubble with two strokes, “ll”, and the block that writes. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        class="mark-bubble"
        d="M20 4h24a16 16 0 0 1 16 16v24a16 16 0 0 1-16 16H8a4 4 0 0 1-4-4V20A16 16 0 0 1 20 4z"
      />
      <path class="mark-strokes" d="M20 17v30M32 17v30" />
      <path class="mark-cursor" d="M44 37v10" />
    </svg>
  );
}

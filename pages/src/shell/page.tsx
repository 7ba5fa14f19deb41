import { type ComponentChildren, type FunctionComponent, render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { announce } from './announce';
import { useJson } from './loading';
import { href, parseRoute, type Route } from './route';
import './style.css';

/** One screen of a page; the first one listed is shown where the address names none. */
export interface Screen {
  /** First part of its route, as `blocks` of `#/blocks`. */
  readonly name: string;
  readonly title: string;
  /** False for screens one reaches from others. */
  readonly isListed?: boolean;
  readonly View: FunctionComponent<{ readonly route: Route }>;
}

export interface PageSpec {
  /** For whom, as "Operator". */
  readonly title: string;
  readonly screens: readonly [Screen, ...Screen[]];
}

interface Me {
  readonly role: string;
  readonly name: string;
  readonly service: string;
}

/** Puts the page into the document's `#page`. */
export function mountPage(spec: PageSpec): void {
  const root = document.getElementById('page');
  if (!root) throw new Error('the document has no element "page": take index.html of this build');
  render(<PageFrame {...spec} />, root);
}

function PageFrame({ title, screens }: PageSpec): ComponentChildren {
  const route = useRoute();
  const screen = screens.find(({ name }) => name === route.path[0]) ?? screens[0];
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  const place = route.path.join('/');
  useEffect(() => {
    document.title = `${screen.title} · ${title} · ChargeCast`;
    // The browser has put the focus on a page just loaded.
    if (isFirst.current) isFirst.current = false;
    else heading.current?.focus();
    announce(screen.title);
  }, [place]);
  const { View } = screen;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => skipTo(event, heading.current)}>
        Skip to content
      </a>
      <header class="top">
        <div class="brand">
          <span aria-hidden="true" class="mark" />
          ChargeCast <span class="for">{title}</span>
        </div>
        <Whoami />
        <nav aria-label={title}>
          <ul>
            {screens
              .filter(({ isListed = true }) => isListed)
              .map(({ name, title: label }) => (
                <li key={name}>
                  <a href={href([name])} aria-current={name === screen.name ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
          </ul>
        </nav>
      </header>
      <main id="main">
        <h1 tabIndex={-1} ref={heading}>
          {screen.title}
        </h1>
        <View key={screen.name} route={route} />
      </main>
    </>
  );
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(parseRoute(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

/** The address' fragment is the route, so the link must not change it. */
function skipTo(event: MouseEvent, target: HTMLElement | null): void {
  event.preventDefault();
  target?.focus();
}

function Whoami(): ComponentChildren {
  const { value } = useJson<Me>('/v1/me');
  return (
    <p class="whoami">
      {value && (
        <>
          {value.role} <strong>{value.name}</strong> at <strong>{value.service}</strong>
        </>
      )}
    </p>
  );
}

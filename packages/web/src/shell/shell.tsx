import { useSuspenseQuery } from "@tanstack/react-query";
import { Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { Suspense, useEffect, useRef, type ReactElement, type RefObject } from "react";
import { sessionQuery } from "../api/session.ts";
import { LoadingState } from "../components/states.tsx";
import { Announcement } from "./announcement.tsx";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { Navigation } from "./navigation.tsx";
import { SearchButton } from "./search-button.tsx";
import { UserMenu } from "./user-menu.tsx";
import { usePageTitle } from "./use-page-title.ts";

/** What surrounds every page of somebody who is signed in. */
export function Shell(): ReactElement | null {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const router = useRouter();
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  usePageTitle();
  useNewPageFocus(main, pathname);
  useEffect(() => {
    // The route of the shell is asked again, and leads to the sign-in page.
    if (self === null) void router.invalidate();
  }, [self, router]);
  if (self === null) return null;
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <button
        type="button"
        className="sr-only z-50 rounded-md bg-panel px-3 py-2 font-medium shadow-lift focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
        onClick={() => main.current?.focus()}
      >
        Skip to content
      </button>
      <Navigation />
      <div className="flex min-w-0 flex-col">
        <div className="z-20 flex items-center justify-between gap-3 bg-page px-4 max-lg:pt-3 sm:px-6 lg:sticky lg:top-0 lg:h-12 lg:border-b lg:border-line">
          <Breadcrumbs />
          <div className="flex shrink-0 items-center gap-1.5 max-lg:absolute max-lg:top-2 max-lg:right-4">
            <SearchButton />
            <UserMenu self={self} />
          </div>
        </div>
        <Announcement />
        <main ref={main} tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 pt-5 pb-16 sm:px-6">
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
    </div>
  );
}

/** Puts the keyboard at the beginning of a page that was just gone to, as a browser does for a document. */
function useNewPageFocus(main: RefObject<HTMLElement | null>, pathname: string): void {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    // What is pressed to change a part of the page keeps the keyboard.
    if (document.activeElement?.closest("nav[aria-label], main") === null) main.current?.focus();
  }, [main, pathname]);
}

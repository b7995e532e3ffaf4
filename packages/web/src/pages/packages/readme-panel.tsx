import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, type MouseEvent, type ReactElement } from "react";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { readmeQuery, type VersionId } from "./package-queries.ts";

/** The README of a version. */
export function ReadmePanel({ id }: { id: VersionId }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(readmeQuery(id));
  return (
    <Panel title="README">
      {isPending && <LoadingState what="Loading the README" />}
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {data?.html === null && <NoReadme isRefused={!["allow", "warn"].includes(data.verdict.outcome)} />}
      {typeof data?.html === "string" && <Html html={data.html} />}
      {data?.isCut === true && <p className="mt-3 text-soft">It is longer; the rest is not shown.</p>}
    </Panel>
  );
}

// The server has left nothing in it but text, links and harmless tags; the page's security policy lets no script in it run.
function Html({ html }: { html: string }): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What scrolls sideways is to be reached with the keyboard.
    for (const wide of place.current?.querySelectorAll("pre, table") ?? []) {
      wide.setAttribute("tabindex", "0");
    }
  }, [html]);
  return (
    <div ref={place} className="readme" onClick={followWithin} dangerouslySetInnerHTML={{ __html: html }} />
  );
}

// The page has a base address, which would lead a link to a heading elsewhere.
function followWithin(event: MouseEvent<HTMLDivElement>): void {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  const target = link?.getAttribute("href") ?? "";
  if (!target.startsWith("#")) return;
  event.preventDefault();
  document.getElementById(target.slice(1))?.scrollIntoView();
}

function NoReadme({ isRefused }: { isRefused: boolean }): ReactElement {
  if (isRefused) {
    return (
      <EmptyState title="Not shown">
        Policy keeps this version back, and what it says of itself with it.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No README">
      A file README.md in the package's folder is shown here when it is published.
    </EmptyState>
  );
}

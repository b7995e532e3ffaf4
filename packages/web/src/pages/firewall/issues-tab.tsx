import type { FindingAnswer } from "@entrepot/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import type { Column } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { findingsQuery } from "./firewall-queries.ts";
import { HandHolds } from "./hand-holds.tsx";
import { OnlyManagers } from "./only-managers.tsx";
import { PagedTable } from "./paged-table.tsx";
import { usePlace, type Place } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/issues");

/** What somebody has to look at, and what is held or blocked by hand. */
export function IssuesTab(): ReactElement {
  const place = usePlace();
  return (
    <div className="grid gap-4">
      {place.mayManage ? <Issues place={place} /> : <OnlyManagers what="what waits for a decision" />}
      <HandHolds place={place} />
    </div>
  );
}

const PRESENCE = {
  stored: "Kept here",
  refused: "Was refused to somebody",
  reachable: "What latest names upstream",
} as const;

const COLUMNS: readonly Column<FindingAnswer>[] = [
  { heading: "Version", cell: (finding) => <Name finding={finding} /> },
  {
    heading: "Rule",
    cell: ({ rule, mode, state }) => (
      <span className="flex flex-wrap items-center gap-1">
        <span className="font-medium">{rule}</span>
        {mode === "shadow" && <Badge tone="warn">only reports</Badge>}
        {state === "closed" && <Badge>closed</Badge>}
      </span>
    ),
  },
  {
    heading: "Why",
    isMinor: true,
    cell: ({ reason }) => <span className="text-soft [overflow-wrap:anywhere]">{reason}</span>,
  },
  { heading: "Where", isMinor: true, cell: ({ presence }) => PRESENCE[presence] },
  { heading: "Since", isMinor: true, cell: ({ openedAt }) => <Time at={openedAt} /> },
];

function Name({ finding }: { finding: FindingAnswer }): ReactElement {
  const { registry, package: name, version, id } = finding;
  const text = `${name}@${version}`;
  return (
    <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
      {registry === null ? (
        text
      ) : (
        <Link
          className="font-medium text-accent underline"
          to="/firewall/issues/$registry/$id"
          params={{ registry, id }}
        >
          {text}
        </Link>
      )}
      <span className="text-soft">{registry ?? "a registry that is gone"}</span>
    </span>
  );
}

function Issues({ place }: { place: Place }): ReactElement {
  const { state = "open", package: name = "", rule = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (part: object): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const filter = useMemo(() => ({ state, package: name, rule }), [state, name, rule]);
  const list = useInfiniteQuery(findingsQuery(place.name, filter));
  const isFiltered = name !== "" || rule !== "" || state !== "open";
  return (
    <Panel title="Issues" isFlush>
      <search className="grid gap-3 border-b border-line px-4 py-3 sm:grid-cols-3">
        <SelectField
          label="State"
          value={state}
          onChange={({ target }) => set({ state: target.value === "open" ? undefined : target.value })}
        >
          <option value="open">Open</option>
          <option value="closed">Closed</option>
          <option value="all">All</option>
        </SelectField>
        <TextField
          label="Package"
          type="search"
          placeholder="Its whole name"
          value={name}
          onChange={({ target }) => set({ package: target.value || undefined })}
        />
        <TextField
          label="Rule"
          type="search"
          placeholder="Such as licence"
          value={rule}
          onChange={({ target }) => set({ rule: target.value || undefined })}
        />
      </search>
      <PagedTable list={list} label="Issues" columns={COLUMNS} keyOf={({ id }) => id}>
        <NoIssues isFiltered={isFiltered} />
      </PagedTable>
    </Panel>
  );
}

function NoIssues({ isFiltered }: { isFiltered: boolean }): ReactElement {
  if (isFiltered) return <EmptyState title="No issue is like this" />;
  return (
    <EmptyState title="Nothing waits for you">
      An issue appears when a rule is against a version that is kept here, or that somebody asked for, and it
      takes a person to decide.
    </EmptyState>
  );
}

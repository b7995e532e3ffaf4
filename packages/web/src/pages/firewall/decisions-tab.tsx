import type { DecisionAnswer } from "@entrepot/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import type { Column } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { decisionsQuery, placePath } from "./firewall-queries.ts";
import { outcomeWords } from "./firewall-words.ts";
import { OnlyManagers } from "./only-managers.tsx";
import { PagedTable } from "./paged-table.tsx";
import { DECISION_FILTERS } from "./search-texts.ts";
import { usePlace } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/decisions");

/** What was served to whom, and what was refused. */
export function DecisionsTab(): ReactElement {
  const place = usePlace();
  const search = route.useSearch();
  const filter = useMemo(
    () => Object.fromEntries(DECISION_FILTERS.map((name) => [name, search[name] ?? ""])),
    [search],
  );
  const list = useInfiniteQuery({ ...decisionsQuery(place.name, filter), enabled: place.mayManage });
  if (!place.mayManage) return <OnlyManagers what="what was decided" />;
  const chosen = Object.entries(filter).filter(([, value]) => value !== "");
  const query = new URLSearchParams(chosen).toString();
  return (
    <Panel
      title="Decisions"
      isFlush
      actions={
        <a
          className="text-accent underline"
          download="decisions.ndjson"
          href={`api/v1${placePath(place.name)}/decisions/export${query === "" ? "" : `?${query}`}`}
        >
          Export as NDJSON
        </a>
      }
    >
      <Filters filter={filter} />
      <PagedTable list={list} label="Decisions" columns={COLUMNS} keyOf={({ seq }) => String(seq)}>
        {chosen.length > 0 ? (
          <EmptyState title="No decision is like this" />
        ) : (
          <EmptyState title="Nothing was asked for yet">
            Each version that is served or refused is noted here, with who asked for it.
          </EmptyState>
        )}
      </PagedTable>
    </Panel>
  );
}

const FIELDS = [
  ["package", "Package"],
  ["version", "Version"],
  ["rule", "Rule"],
  ["principal", "Who"],
  ["project", "Project"],
] as const;

function Filters({ filter }: { filter: Readonly<Record<string, string>> }): ReactElement {
  const navigate = route.useNavigate();
  const set = (name: string, value: string): void =>
    void navigate({ search: (before) => ({ ...before, [name]: value || undefined }), replace: true });
  return (
    <search className="grid grid-cols-2 gap-3 border-b border-line px-4 py-3 md:grid-cols-4">
      <SelectField
        label="Outcome"
        value={filter["outcome"]}
        onChange={({ target }) => set("outcome", target.value)}
      >
        <option value="">All</option>
        <option value="served">Served</option>
        <option value="refused">Refused</option>
        <option value="withheld">Left out of lists</option>
      </SelectField>
      {FIELDS.map(([name, label]) => (
        <TextField
          key={name}
          label={label}
          type="search"
          spellCheck={false}
          value={filter[name]}
          onChange={({ target }) => set(name, target.value)}
        />
      ))}
      <TextField
        label="From"
        type="date"
        value={filter["since"]}
        onChange={({ target }) => set("since", target.value)}
      />
      <TextField
        label="Until"
        type="date"
        value={filter["until"]}
        onChange={({ target }) => set("until", target.value)}
      />
    </search>
  );
}

const COLUMNS: readonly Column<DecisionAnswer>[] = [
  { heading: "When", cell: ({ at }) => <Time at={at} /> },
  {
    heading: "Version",
    cell: ({ package: name, version, registry }) => (
      <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
        <Link
          className="font-medium text-accent underline"
          to="/firewall/explain"
          search={{ registry, package: name, range: version }}
        >
          {version === "*" ? name : `${name}@${version}`}
        </Link>
        <span className="text-soft">{registry}</span>
      </span>
    ),
  },
  {
    heading: "Outcome",
    cell: ({ outcome, count }) => {
      const { word, tone } = outcomeWords(outcome);
      return (
        <span className="flex flex-wrap gap-1">
          <Badge tone={tone}>{word}</Badge>
          {count > 1 && <span className="text-soft">{count} times</span>}
        </span>
      );
    },
  },
  {
    heading: "Why",
    isMinor: true,
    cell: ({ rule, reason }) =>
      rule !== null && (
        <span className="grid max-w-prose gap-0.5">
          <span className="font-medium">{rule}</span>
          <span className="text-soft [overflow-wrap:anywhere]">{reason}</span>
        </span>
      ),
  },
  {
    heading: "Who",
    isMinor: true,
    cell: ({ principal, project, address }) => (
      <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
        <span>{principal}</span>
        <span className="text-soft">{project ?? address}</span>
      </span>
    ),
  },
];

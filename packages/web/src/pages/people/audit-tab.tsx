import type { AuditEventAnswer } from "@entrepot/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { eventsQuery, exportUrl, type EventFilter } from "./people-queries.ts";

const route = getRouteApi("/shell/people/audit");

const COLUMNS: readonly Column<AuditEventAnswer>[] = [
  { heading: "When", cell: ({ at }) => <Time at={at} /> },
  {
    heading: "Who",
    cell: ({ actor, address }) => (
      <span className="grid">
        <Link
          className="font-medium [overflow-wrap:anywhere] hover:underline"
          to="/people/audit"
          search={(before) => ({ ...before, actor })}
        >
          {actor}
        </Link>
        {address !== null && <code className="text-soft max-sm:hidden">{address}</code>}
      </span>
    ),
  },
  {
    heading: "What",
    cell: (event) => (
      <span className="grid gap-0.5">
        <span className="flex flex-wrap items-center gap-1.5">
          <Link
            className="hover:underline"
            to="/people/audit"
            search={(before) => ({ ...before, kind: event.kind })}
          >
            {event.kind}
          </Link>
          {event.result !== "done" && (
            <Badge tone={event.result === "refused" ? "warn" : "bad"}>{event.result}</Badge>
          )}
        </span>
        <span className="text-soft [overflow-wrap:anywhere]">{aboutText(event)}</span>
      </span>
    ),
  },
  { heading: "More", isMinor: true, cell: (event) => <Detail event={event} /> },
];

function aboutText({ package: name, registry }: AuditEventAnswer): string {
  if (name !== null) return registry === null ? name : `${name} in ${registry}`;
  return registry ?? "";
}

function Detail({
  event: { seq, credential, client, detail, hash },
}: {
  event: AuditEventAnswer;
}): ReactElement {
  const more = JSON.stringify({ credential, client, ...detail, hash }, null, 2);
  return (
    <details>
      <summary className="cursor-pointer text-soft">
        Details<span className="sr-only"> of event {seq}</span>
      </summary>
      <pre className="mt-1 max-w-sm text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">{more}</pre>
    </details>
  );
}

/** What everybody did, the newest first, with filters that the address holds. */
export function AuditTab(): ReactElement {
  const filter = route.useSearch();
  const list = useInfiniteQuery({ ...eventsQuery(filter), placeholderData: keepPreviousData });
  return (
    <Panel
      title="Audit trail"
      isFlush
      actions={
        <a className="text-accent underline" href={exportUrl(filter)} download="audit.ndjson">
          Export as JSON lines
        </a>
      }
    >
      <Filters key={JSON.stringify(filter)} filter={filter} />
      <PagedTable
        list={list}
        label="Events"
        columns={COLUMNS}
        keyOf={({ seq }) => String(seq)}
        empty={
          <EmptyState title="Nothing of that kind happened">
            Every change, sign-in and refused write is recorded here.{" "}
            <Link to="/people/audit">Show all of them</Link>.
          </EmptyState>
        }
      />
    </Panel>
  );
}

function Filters({ filter }: { filter: EventFilter }): ReactElement {
  const navigate = route.useNavigate();
  const [wish, setWish] = useState(filter);
  const fieldOf = (key: keyof EventFilter) => ({
    autoComplete: "off",
    spellCheck: false,
    value: wish[key] ?? "",
    onChange: (event: { target: { value: string } }) =>
      setWish({ ...wish, [key]: event.target.value || undefined }),
  });
  return (
    <form
      className="grid grid-cols-2 items-end gap-3 border-b border-line px-4 py-3 lg:grid-cols-4"
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ search: wish });
      }}
    >
      <TextField label="Who" placeholder="a user name" {...fieldOf("actor")} />
      <TextField label="What" placeholder="version-published" {...fieldOf("kind")} />
      <TextField label="Package" placeholder="@scope/name" {...fieldOf("package")} />
      <TextField label="Registry" {...fieldOf("registry")} />
      <SelectField label="Result" {...fieldOf("result")}>
        <option value="">any</option>
        <option>done</option>
        <option>refused</option>
        <option>failed</option>
      </SelectField>
      <TextField label="From day" type="date" {...fieldOf("from")} />
      <TextField label="Before day" type="date" {...fieldOf("to")} />
      <div className="flex gap-2">
        <Button type="submit" look="primary">
          Filter
        </Button>
        <Button onClick={() => void navigate({ search: {} })}>Clear</Button>
      </div>
    </form>
  );
}

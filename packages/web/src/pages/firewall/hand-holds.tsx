import type { StatusAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { statusesQuery, versionPath, type Subject } from "./firewall-queries.ts";
import { useChange } from "./use-change.ts";
import { placeWords, type Place } from "./use-place.ts";

const HANDS: ReadonlySet<string> = new Set(["held", "blocked", "allowed"]);

/** What people held, blocked or allowed by hand, and doing so. */
export function HandHolds({ place }: { place: Place }): ReactElement {
  const { data, isPending, isError, error, refetch } = useQuery(statusesQuery());
  const rows = (data?.items ?? []).filter(
    ({ status, registry }) =>
      HANDS.has(status) && (place.name === null || [place.name, "*"].includes(registry ?? "")),
  );
  return (
    <Panel title="Held, blocked and allowed by hand" isFlush>
      {isPending && <LoadingState />}
      {isError && <ErrorState error={error} reset={() => void refetch()} />}
      {data !== undefined && rows.length === 0 && (
        <EmptyState title="Nothing is held by hand">
          Whoever manages a registry can hold, block or always allow single versions, whatever the rules say.
        </EmptyState>
      )}
      {rows.length > 0 && <Holds rows={rows} place={place} />}
      {place.mayManage && <HoldForm place={place} />}
    </Panel>
  );
}

function Holds({ rows, place }: { rows: readonly StatusAnswer[]; place: Place }): ReactElement {
  const lifting = useChange({
    run: (status: StatusAnswer) => api.call(statusPath(status), { method: "DELETE" }),
    said: (_done, { name, version, status }) => `${name}@${version} is no longer ${status}.`,
    undo: (status) =>
      api.call(statusPath(status), {
        method: "PUT",
        body: { status: status.status, reason: status.reason ?? "" },
      }),
  });
  return (
    <>
      {lifting.error !== null && (
        <div className="p-4">
          <ProblemText problem={lifting.error} />
        </div>
      )}
      <DataTable
        label="Held, blocked and allowed by hand"
        columns={columnsFor(place, (status) => lifting.mutate(status))}
        rows={rows}
        keyOf={({ registry, name, version }) => `${registry} ${name} ${version}`}
      />
    </>
  );
}

function statusPath({ registry, name, version }: StatusAnswer): string {
  return `${versionPath({ registry: registry ?? "", name, version })}/status`;
}

function columnsFor(place: Place, onLift: (status: StatusAnswer) => void): Column<StatusAnswer>[] {
  const mayLift = ({ registry }: StatusAnswer): boolean =>
    registry !== null && (place.isAdmin || (place.mayManage && registry === place.name));
  return [
    {
      heading: "Version",
      cell: ({ name, version, registry }) => (
        <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
          <span className="font-medium">
            {name}@{version}
          </span>
          <span className="text-soft">{placeWords(registry)}</span>
        </span>
      ),
    },
    {
      heading: "State",
      cell: ({ status }) => <Badge tone={status === "allowed" ? "warn" : "bad"}>{status}</Badge>,
    },
    {
      heading: "Why",
      isMinor: true,
      cell: ({ reason, setBy }) => (
        <span className="[overflow-wrap:anywhere]">
          {setBy !== null && `${setBy}: `}
          {reason || <span className="text-faint">no reason</span>}
        </span>
      ),
    },
    { heading: "Since", isMinor: true, cell: ({ setAt }) => <Time at={setAt} /> },
    {
      heading: "Do",
      cell: (status) =>
        mayLift(status) && (
          <Button look="quiet" onClick={() => onLift(status)}>
            {status.status === "held" ? "Release" : "Take back"}
            <span className="sr-only">
              {" "}
              {status.name}@{status.version}
            </span>
          </Button>
        ),
    },
  ];
}

type Wish = Subject & { status: string; reason: string };

function HoldForm({ place }: { place: Place }): ReactElement {
  const first = place.name ?? (place.isAdmin ? "*" : (place.registries[0] ?? ""));
  const nothing: Wish = { registry: first, name: "", version: "", status: "held", reason: "" };
  const [wish, setWish] = useState(nothing);
  const set = (part: Partial<Wish>): void => setWish({ ...wish, ...part });
  const { status, reason, ...subject } = wish;
  const holding = useChange({
    run: (sent: Wish) =>
      api.call(`${versionPath(sent)}/status`, {
        method: "PUT",
        body: { status: sent.status, reason: sent.reason },
      }),
    said: (_done, sent) => `${sent.name}@${sent.version} is ${sent.status}.`,
    onDone: () => setWish(nothing),
    undo: (sent) => api.call(`${versionPath(sent)}/status`, { method: "DELETE" }),
  });
  return (
    <form
      aria-label="Hold a version by hand"
      className="grid items-end gap-3 border-t border-line px-4 py-3 sm:grid-cols-2 lg:grid-cols-[2fr_1fr_1fr_1fr_2fr_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        holding.mutate({ ...wish, name: subject.name.trim(), version: subject.version.trim() });
      }}
    >
      <TextField
        label="Package"
        required
        value={wish.name}
        onChange={({ target }) => set({ name: target.value })}
      />
      <TextField
        label="Version"
        placeholder="* for all"
        required
        value={wish.version}
        onChange={({ target }) => set({ version: target.value })}
      />
      <SelectField
        label="In"
        value={wish.registry}
        onChange={({ target }) => set({ registry: target.value })}
      >
        {place.isAdmin && <option value="*">Every registry</option>}
        {place.registries.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <SelectField label="As" value={status} onChange={({ target }) => set({ status: target.value })}>
        <option value="held">Held</option>
        <option value="blocked">Blocked</option>
        <option value="allowed">Always allowed</option>
      </SelectField>
      <TextField
        label="Reason"
        value={reason}
        maxLength={500}
        onChange={({ target }) => set({ reason: target.value })}
      />
      <Button type="submit" isBusy={holding.isPending}>
        Set
      </Button>
      <div className="sm:col-span-full">
        <ProblemText problem={holding.error} />
      </div>
    </form>
  );
}

import type { ExposureAnswer, ExposureHoldAnswer, ExposureSumAnswer, FetchAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { counted } from "./firewall-words.ts";

const SIDES = [
  ["people", "People"],
  ["projects", "Projects"],
  ["credentials", "Credentials to replace"],
] as const;

/** Who fetched what of a list, from every side. */
export function ExposureResult({ answer }: { answer: ExposureAnswer }): ReactElement {
  const { exposed, items, summary, fetches, isCut, unread, unreadCount, held } = answer;
  return (
    <>
      <Panel title={exposed ? "Somebody has them" : "Nobody fetched any of them"}>
        <ul className="grid gap-1.5">
          {items.map(({ package: name, range, count, refused, fetched }) => (
            <li key={`${name} ${range}`} className="flex flex-wrap items-center gap-2">
              <code className="[overflow-wrap:anywhere]">
                {name}@{range}
              </code>
              <Badge tone={count > 0 ? "bad" : "good"}>
                {count > 0 ? `Fetched ${counted(count, "time")}` : "Not fetched"}
              </Badge>
              {refused > 0 && <span className="text-soft">refused {counted(refused, "time")}</span>}
              {fetched.length > 0 && <span className="text-soft">{fetched.join(", ")}</span>}
            </li>
          ))}
        </ul>
        {unreadCount > 0 && (
          <div className="mt-3 rounded-md bg-warn-soft px-3 py-2">
            <p className="font-medium">{counted(unreadCount, "line")} could not be read:</p>
            {unread.map(({ line, text, why }) => (
              <p key={line} className="[overflow-wrap:anywhere]">
                {line}: {text} ({why})
              </p>
            ))}
          </div>
        )}
      </Panel>
      {held !== null && <Held held={held} />}
      {exposed && (
        <div className="grid gap-4 lg:grid-cols-3">
          {SIDES.map(([side, title]) => (
            <Sums key={side} title={title} sums={summary[side]} />
          ))}
        </div>
      )}
      {fetches.length > 0 && (
        <Panel title="Downloads" isFlush actions={isCut && <Badge tone="warn">The first of many</Badge>}>
          <DataTable
            label="Downloads"
            columns={COLUMNS}
            rows={fetches}
            keyOf={(fetch) => JSON.stringify(fetch)}
          />
        </Panel>
      )}
    </>
  );
}

function Held({ held }: { held: ExposureHoldAnswer }): ReactElement {
  const { status, versions, changed, notHeld } = held;
  return (
    <Panel title={`${counted(versions.length, "version")} ${status}`}>
      <p className="text-soft">
        {changed.length === versions.length
          ? "All of them from now on."
          : `${changed.length} were not before.`}
      </p>
      {notHeld.map(({ package: name, range, why }) => (
        <p key={`${name} ${range}`} className="[overflow-wrap:anywhere]">
          <Badge tone="warn">not {status}</Badge> {name}@{range}: {why}
        </p>
      ))}
    </Panel>
  );
}

function Sums({ title, sums }: { title: string; sums: readonly ExposureSumAnswer[] }): ReactElement {
  return (
    <Panel title={`${title}: ${sums.length}`}>
      {sums.length === 0 && <p className="text-faint">None is known.</p>}
      <ul className="grid gap-2">
        {sums.map(({ name, versions, count, lastAt }) => (
          <li key={name} className="min-w-0 [overflow-wrap:anywhere]">
            <span className="font-medium">{name}</span>
            <span className="text-soft">
              {" "}
              {counted(count, "time")}, last <Time at={lastAt} />: {versions.join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const COLUMNS: readonly Column<FetchAnswer>[] = [
  {
    heading: "Version",
    cell: ({ package: name, version, registry }) => (
      <span className="grid min-w-36 gap-0.5 [overflow-wrap:anywhere]">
        <span className="font-medium">
          {name}@{version}
        </span>
        <span className="text-soft">{registry}</span>
      </span>
    ),
  },
  { heading: "Who", cell: ({ principal }) => <span className="[overflow-wrap:anywhere]">{principal}</span> },
  { heading: "When", cell: ({ lastAt }) => <Time at={lastAt} /> },
  { heading: "Address", isMinor: true, cell: ({ address }) => <code>{address}</code> },
  {
    heading: "Project",
    isMinor: true,
    cell: ({ project }) => project ?? <span className="text-faint">not told</span>,
  },
  { heading: "Times", isNumber: true, isMinor: true, cell: ({ count }) => count },
];

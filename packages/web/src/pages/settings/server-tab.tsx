import type { ServerAnswer, StorageAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import { Badge } from "../../components/badge.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { AnnouncementPanel } from "./announcement-panel.tsx";

/** What `/health/json` says; it is for monitors too, and lies beside the API. */
interface Health {
  status: "ok" | "unavailable";
  problem: string | null;
  version: string;
  database: string;
  advisories: { epoch: number | null; ageSeconds: number | null; alarms: number };
  uptimeSeconds: number;
}

const REFRESH_MS = 10_000;
const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

async function readHealth({ signal }: { signal: AbortSignal }): Promise<Health> {
  const response = await fetch(addressOf("health/json"), { signal });
  // It says 503 with the same body when something is wrong, which is what one looks for here.
  const answer = (await response.json().catch(() => null)) as Health | null;
  if (answer === null) throw new Problem(response.status, null);
  return answer;
}

function addressOf(path: string): string {
  return new URL(path, document.baseURI).href;
}

/** How the server does, and where more is to be read. */
export function ServerTab(): ReactElement {
  const health = useQuery({ queryKey: ["health"], queryFn: readHealth, refetchInterval: REFRESH_MS });
  return (
    <div className="grid gap-4">
      <Panel title="Health">
        {health.isPending && <LoadingState />}
        {health.isError && <ErrorState error={health.error} reset={() => void health.refetch()} />}
        {health.data !== undefined && <HealthFacts health={health.data} />}
      </Panel>
      <Storage />
      <AnnouncementPanel />
      <Panel title="More of it">
        <ul className="grid gap-2">
          <li>
            <Link className="text-accent underline" to="/settings/jobs">
              Jobs
            </Link>
            : background work with its logs.
          </li>
          <li>
            <Link className="text-accent underline" to="/people/audit">
              Audit trail
            </Link>
            : who did what.
          </li>
          <li>
            <a className="text-accent underline" href={addressOf("metrics")}>
              Metrics
            </a>
            , in the text format that monitors read.
          </li>
        </ul>
      </Panel>
    </div>
  );
}

function Storage(): ReactElement {
  const server = useQuery({
    queryKey: ["overview", "server"],
    queryFn: async ({ signal }) =>
      (await api.call<{ server: ServerAnswer | null }>("/overview", { signal })).server,
  });
  const { data } = server;
  return (
    <Panel title="Storage">
      {server.isPending && <LoadingState />}
      {server.isError && <ErrorState error={server.error} reset={() => void server.refetch()} />}
      {data !== undefined && (data?.storage ?? null) === null && (
        <EmptyState title="Not measured yet">
          The job <Link to="/settings/jobs">measure-storage</Link> looks once an hour; run it now to know at
          once.
        </EmptyState>
      )}
      {data?.storage && <StorageFacts storage={data.storage} />}
    </Panel>
  );
}

function StorageFacts({ storage }: { storage: StorageAnswer }): ReactElement {
  const countOf = (count: number, bytes: number): string =>
    `${count.toLocaleString("en")} with ${sizeText(bytes)}`;
  return (
    <Facts
      facts={[
        ["Versions published here", countOf(storage.ownVersions, storage.ownBytes)],
        ["Versions from upstreams", countOf(storage.cachedVersions, storage.cachedBytes)],
        ["Documents of upstreams", countOf(storage.documents, storage.documentBytes)],
        ["Database", sizeText(storage.databaseBytes)],
        ["Measured", <Time key="at" at={storage.at} />],
      ]}
    />
  );
}

function HealthFacts({ health }: { health: Health }): ReactElement {
  const { status, problem, version, database, advisories, uptimeSeconds } = health;
  return (
    <Facts
      facts={[
        [
          "State",
          <span key="state" className="flex flex-wrap items-center gap-2">
            <Badge tone={status === "ok" ? "good" : "bad"}>{status === "ok" ? "Well" : "Unavailable"}</Badge>
            {problem}
          </span>,
        ],
        ["Version", version],
        ["Database", database],
        ["Runs for", spanText(uptimeSeconds)],
        [
          "Advisories",
          advisories.ageSeconds === null
            ? "none were fetched"
            : `compared ${spanText(advisories.ageSeconds)} ago`,
        ],
        [
          "Alarms of feeds",
          advisories.alarms === 0 ? "none" : <Badge tone="bad">{String(advisories.alarms)}</Badge>,
        ],
      ]}
    />
  );
}

function spanText(seconds: number): string {
  if (seconds < HOUR_SECONDS) return counted(seconds / MINUTE_SECONDS, "minute");
  if (seconds < DAY_SECONDS) return counted(seconds / HOUR_SECONDS, "hour");
  return counted(seconds / DAY_SECONDS, "day");
}

function counted(amount: number, unit: string): string {
  const count = Math.max(1, Math.round(amount));
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

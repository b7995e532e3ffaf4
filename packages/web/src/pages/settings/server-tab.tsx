import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Problem } from "../../api/problem.ts";
import { Badge } from "../../components/badge.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";

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
        ["Runs since", spanText(uptimeSeconds)],
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
  if (seconds < HOUR_SECONDS) return `${Math.max(1, Math.round(seconds / 60))} minutes`;
  if (seconds < DAY_SECONDS) return `${Math.round(seconds / HOUR_SECONDS)} hours`;
  return `${Math.round(seconds / DAY_SECONDS)} days`;
}

import type { VersionAdvisoryAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Panel } from "../../components/panel.tsx";
import { versionQuery, type VersionId } from "./package-queries.ts";

const TONES: Readonly<Record<NonNullable<VersionAdvisoryAnswer["severity"]>, Tone>> = {
  none: "neutral",
  low: "neutral",
  moderate: "warn",
  high: "bad",
  critical: "bad",
};

/** What is known against a version. Nothing where nothing is. */
export function AdvisoriesPanel({ id }: { id: VersionId }): ReactElement | null {
  const { data } = useQuery(versionQuery(id));
  if (data === undefined || data.advisories.length === 0) return null;
  return (
    <Panel title="Advisories" isFlush>
      <ul className="divide-y divide-line">
        {data.advisories.map(({ id: advisory, severity, summary }) => (
          <li key={advisory} className="flex flex-wrap items-baseline gap-2 px-4 py-2.5">
            <Badge tone={severity === null ? "neutral" : TONES[severity]}>{severity ?? "unrated"}</Badge>
            <code>{advisory}</code>
            <span className="min-w-0 [overflow-wrap:anywhere]">{summary}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

import type { AdvisoryAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";

/** How bad it is, in a word. */
export function SeverityBadge({ advisory }: { advisory: AdvisoryAnswer }): ReactElement {
  const { kind, severity, score, kevSince, withdrawnAt } = advisory;
  const isBad = kind === "malware" || severity === "critical" || severity === "high";
  const word = kind === "malware" ? "malware" : (severity ?? "not said");
  return (
    <span className="flex flex-wrap gap-1">
      <Badge tone={isBad ? "bad" : "warn"}>{score === null ? word : `${word} ${score}`}</Badge>
      {kevSince !== null && <Badge tone="bad">exploited</Badge>}
      {withdrawnAt !== null && <Badge>withdrawn</Badge>}
    </span>
  );
}

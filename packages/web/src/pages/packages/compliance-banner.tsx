import type { ComplianceAnswer, ComplianceReasonAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Icon } from "../../components/icon.tsx";
import { Time } from "../../components/time.tsx";
import { complianceQuery, type VersionId } from "./package-queries.ts";
import { explainHref } from "./explain-href.ts";

interface Look {
  word: string;
  tone: Tone;
  className: string;
  about: string;
}

const LOOKS: Readonly<Record<ComplianceAnswer["result"], Look>> = {
  compliant: {
    word: "Compliant",
    tone: "good",
    className: "border-line bg-panel",
    about: "is as policy wants it.",
  },
  warn: {
    word: "Warn",
    tone: "warn",
    className: "border-warn bg-panel",
    about: "can be installed, and there is something to know.",
  },
  noncompliant: {
    word: "Noncompliant",
    tone: "bad",
    className: "border-bad bg-panel",
    about: "is kept back by policy.",
  },
};

/** Whether a version is as policy wants it, with all reasons. Nothing while that is not known. */
export function ComplianceBanner({ id }: { id: VersionId }): ReactElement | null {
  const { data } = useQuery(complianceQuery(id));
  if (data === undefined) return null;
  const { word, tone, className, about } = LOOKS[data.result];
  const reasons = [...data.reasons, ...data.shadow];
  return (
    <section aria-label="Compliance" className={`mb-4 rounded-lg border px-4 py-2.5 ${className}`}>
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        {tone !== "good" && <Icon name="shield" className={tone === "bad" ? "text-bad" : "text-warn"} />}
        <Badge tone={tone}>{word}</Badge>
        <span>
          <code>{id.version}</code> {about}
        </span>
        <span className="text-soft">
          {data.analysedAt !== null && (
            <>
              Looked at <Time at={data.analysedAt} />.{" "}
            </>
          )}
          <a className="text-accent underline" href={explainHref(id)}>
            Explain<span className="sr-only"> {id.version}</span>
          </a>
        </span>
      </div>
      {reasons.length > 0 && (
        <details className="mt-1.5" open={data.result !== "compliant"}>
          <summary className="cursor-pointer text-soft">
            {reasons.length === 1 ? "One reason" : `${reasons.length} reasons`}
          </summary>
          <ul aria-label="Reasons" className="mt-1.5 grid gap-1.5">
            {reasons.map((reason) => (
              <Reason key={`${reason.mode} ${reason.rule} ${reason.reason}`} reason={reason} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Reason({ reason }: { reason: ComplianceReasonAnswer }): ReactElement {
  const { rule, result, counts, mode, source, reference, until } = reason;
  const { word, tone } = LOOKS[result];
  return (
    <li className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5">
      <Badge tone={counts ? tone : "neutral"}>{word}</Badge>
      <code>{rule}</code>
      <span className="min-w-0 [overflow-wrap:anywhere]">{reason.reason}</span>
      {until !== null && (
        <span className="text-soft">
          Until <Time at={until} />.
        </span>
      )}
      <span className="text-soft">
        {mode === "shadow" && "Only reported. "}
        {mode === "enforce" && !counts && "Lifted. "}({source})
      </span>
      {reference !== null && (
        <a className="text-accent underline" href={reference} target="_blank" rel="noreferrer">
          More<span className="sr-only"> about {rule}</span>
        </a>
      )}
    </li>
  );
}

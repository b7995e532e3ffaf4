import type { FoundAdvisoryAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { PageHeader } from "../../components/page-header.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { AssessPanel } from "./assess-panel.tsx";
import { advisoryQuery } from "./advisory-queries.ts";
import { SeverityBadge } from "./severity-badge.tsx";
import { usePlace } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/advisories/$id");

/** One advisory: what it is about, how bad it is, and what somebody here makes of it. */
export function AdvisoryPage(): ReactElement {
  const { id } = route.useParams();
  const place = usePlace();
  const { data, isPending, error, refetch } = useQuery(advisoryQuery(id));
  if (isPending) return <LoadingState what={`Loading ${id}`} />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const isVulnerability = data.some(({ kind }) => kind === "vulnerability");
  return (
    <>
      <PageHeader title={id}>{data[0]?.summary}</PageHeader>
      <div className="grid gap-4">
        {data.map((advisory) => (
          <Panel key={`${advisory.feed} ${advisory.id}`} title={`${advisory.id}, by ${advisory.feed}`}>
            <Advisory advisory={advisory} />
          </Panel>
        ))}
        {isVulnerability && <AssessPanel advisory={id} place={place} />}
      </div>
    </>
  );
}

function Advisory({ advisory }: { advisory: FoundAdvisoryAnswer }): ReactElement {
  const { aliases, risk, epss, packages, publishedAt, url, cwes, summary } = advisory;
  return (
    <Facts
      facts={[
        ["Summary", summary],
        ["Severity", <SeverityBadge key="severity" advisory={advisory} />],
        ["Risk here", `${risk.category} of 5. ${risk.reasons.join(" ")}`],
        ...(epss === null
          ? []
          : [
              [
                "EPSS",
                `${(epss.probability * 100).toFixed(1)} % within 30 days, as of ${epss.date}`,
              ] as const,
            ]),
        ...(aliases.length === 0 ? [] : [["Also called", aliases.join(", ")] as const]),
        ...(cwes.length === 0 ? [] : [["Kind", cwes.join(", ")] as const]),
        ["Affected", <Affected key="affected" packages={packages} />],
        ...(publishedAt === null ? [] : [["Published", <Time key="published" at={publishedAt} />] as const]),
        ...(/^https?:/.test(url) ? [["More", <Page key="more" url={url} />] as const] : []),
      ]}
    />
  );
}

// Only what a feed names as a page of the web: another link could run script.
function Page({ url }: { url: string }): ReactElement {
  return (
    <a className="text-accent underline" href={url} target="_blank" rel="noreferrer">
      {url}
    </a>
  );
}

function Affected({ packages }: Pick<FoundAdvisoryAnswer, "packages">): ReactElement {
  return (
    <ul className="grid gap-1">
      {packages.map(({ name, affected }) => (
        <li key={name}>
          <span className="font-medium">{name}</span>{" "}
          <code>{[...affected.intervals.map(intervalText), ...affected.versions].join(", ")}</code>
        </li>
      ))}
    </ul>
  );
}

function intervalText({
  introduced,
  end,
}: FoundAdvisoryAnswer["packages"][number]["affected"]["intervals"][number]): string {
  const from = introduced === "0" ? "" : `>=${introduced} `;
  if (end === null) return from === "" ? "*" : from.trim();
  return `${from}${end.kind === "fixed" ? "<" : "<="}${end.version}`;
}

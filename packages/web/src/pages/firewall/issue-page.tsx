import type { ShownFindingAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { ButtonLink } from "../../components/button.tsx";
import { CopyBlock } from "../../components/copy.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { findingQuery } from "./firewall-queries.ts";
import { IssueActions } from "./issue-actions.tsx";

const route = getRouteApi("/shell/firewall/issues/$registry/$id");

/** One issue: why it is there, what was found, and deciding on it. */
export function IssuePage(): ReactElement {
  const params = route.useParams();
  const { data: finding, isPending, error, refetch } = useQuery(findingQuery(params));
  if (isPending) return <LoadingState what="Loading the issue" />;
  if (finding === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const { package: name, version, rule, reason, state } = finding;
  return (
    <>
      <PageHeader
        title={`${name}@${version}`}
        actions={
          <ButtonLink
            to="/firewall/explain"
            search={{ registry: params.registry, package: name, range: version }}
            icon="search"
          >
            Explain it
          </ButtonLink>
        }
      >
        {reason}
      </PageHeader>
      <div className="grid gap-4">
        <Panel title="What was found">
          <Facts
            facts={[
              ["Registry", params.registry],
              ["Rule", <RuleName key="rule" finding={finding} />],
              ["State", <State key="state" finding={finding} />],
              ["Since", <Time key="since" at={finding.openedAt} />],
              ...Object.entries(finding.evidence)
                .filter(([, value]) => value !== null && value !== "")
                .map(([key, value]) => [wordsOf(key), String(value)] as const),
            ]}
          />
        </Panel>
        {rule === "install-script" && <Scripts finding={finding} />}
        {state === "open" && <IssueActions finding={finding} registry={params.registry} />}
      </div>
    </>
  );
}

function wordsOf(key: string): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function RuleName({ finding: { rule, mode, registry } }: { finding: ShownFindingAnswer }): ReactElement {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Link
        className="text-accent underline"
        to="/firewall"
        search={{ rule, ...(registry === null ? {} : { registry }) }}
      >
        {rule}
      </Link>
      <Badge tone={mode === "enforce" ? "good" : "warn"}>
        {mode === "enforce" ? "Enforced: nobody gets it" : "Only reports: it is served"}
      </Badge>
    </span>
  );
}

function State({ finding }: { finding: ShownFindingAnswer }): ReactElement {
  const { state, closedAt, closedBy, note } = finding;
  if (state === "open" || closedAt === null) return <Badge tone="bad">Open</Badge>;
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Badge>Closed</Badge>
      <span>
        by {closedBy ?? "a check that found nothing any more"} <Time at={closedAt} />
        {note === "" ? "" : `: ${note}`}
      </span>
    </span>
  );
}

function Scripts({ finding }: { finding: ShownFindingAnswer }): ReactElement {
  const { scripts, runsNodeGyp, scriptsProblem } = finding;
  const entries = Object.entries(scripts ?? {});
  return (
    <Panel title="Scripts that run when it is installed">
      <div className="grid gap-3">
        {scripts === null && (
          <p>The scripts could not be read. {scriptsProblem ?? "The version's tarball is not there."}</p>
        )}
        {entries.map(([name, text]) => (
          <CopyBlock key={name} label={name} text={text} />
        ))}
        {runsNodeGyp === true && (
          <p>It has a binding.gyp and no install script: npm runs node-gyp, which compiles its code.</p>
        )}
      </div>
    </Panel>
  );
}

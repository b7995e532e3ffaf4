import type { ShadowRuleAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { shadowQuery } from "./firewall-queries.ts";
import { counted } from "./firewall-words.ts";
import type { Place } from "./use-place.ts";

const DAYS = 7;
const LISTED = 8;

interface PreviewProps {
  rule: string;
  place: Place;
  /** True while the form has other options than those that are saved. */
  isChanged: boolean;
}

/** What a rule would have refused of what was really served last week. */
export function RulePreview({ rule, place, isChanged }: PreviewProps): ReactElement {
  const { data, isPending, error, refetch } = useQuery(shadowQuery(place.name, { rule, days: DAYS }));
  if (isPending) return <LoadingState what="Trying the rule on what was served last week" />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const found = data.rules.find((one) => one.rule === rule);
  return (
    <section aria-label={`What ${rule} would have refused`} className="grid gap-2 rounded-md bg-inset p-3">
      <p className="font-medium">{headline(found)}</p>
      <p className="text-soft">
        Tried on {counted(data.downloads, "download")} of {counted(data.versions, "version")}
        {data.isCut ? ", the newest ones" : ""}.
        {isChanged && " It was tried with the options that are saved, not with those you are changing."}
      </p>
      {found !== undefined && found.downloads > 0 && <Details found={found} />}
    </section>
  );
}

function headline(found: ShadowRuleAnswer | undefined): string {
  if (found === undefined || found.downloads === 0) {
    return "Enforced, this would have refused no install last week that was served.";
  }
  return `Enforced, this would have refused ${counted(found.downloads, "install")} last week.`;
}

function Details({ found }: { found: ShadowRuleAnswer }): ReactElement {
  const { counts, versions, people, projects } = found;
  const lists = [
    ["Versions", versions.map(({ name, version }) => `${name}@${version}`), counts["versions"]],
    ["People", people.map(({ name }) => name), counts["people"]],
    ["Projects", projects.map(({ name }) => name), counts["projects"]],
  ] as const;
  return (
    <dl className="grid gap-x-5 gap-y-2 sm:grid-cols-3">
      {lists.map(([title, names, count = 0]) => (
        <div key={title}>
          <dt className="text-soft">
            {title}: {count}
          </dt>
          {names.slice(0, LISTED).map((name) => (
            <dd key={name} className="[overflow-wrap:anywhere]">
              {name}
            </dd>
          ))}
          {count > LISTED && <dd className="text-soft">and {count - LISTED} more</dd>}
        </div>
      ))}
    </dl>
  );
}

import { ALWAYS_ENFORCED, type PolicyAnswer, type RuleAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";
import { MODES } from "./firewall-words.ts";
import { policyQuery } from "./firewall-queries.ts";
import { OwnPatterns } from "./own-patterns.tsx";
import { ProfilePanel } from "./profile-panel.tsx";
import { RuleEditor } from "./rule-editor.tsx";
import { usePlace, type Place } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/");

/** How every rule stands, and changing it. */
export function RulesTab(): ReactElement {
  const place = usePlace();
  const { data: policy, isPending, error, refetch } = useQuery(policyQuery(place.name));
  if (isPending) return <LoadingState what="Loading the rules" />;
  if (policy === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const mayChange = place.mayManage && !policy.managed;
  return (
    <div className="grid gap-4">
      {policy.managed && (
        <p className="rounded-md bg-inset px-3 py-2">
          The configuration file decides on the rules here; change them there.
        </p>
      )}
      {policy.warnings.map((warning) => (
        <p key={warning} className="rounded-md bg-warn-soft px-3 py-2">
          {warning}
        </p>
      ))}
      <ProfilePanel policy={policy} place={place} mayChange={mayChange} />
      <Rules policy={policy} place={place} mayChange={mayChange} />
      <OwnPatterns policy={policy} place={place} mayChange={mayChange} />
    </div>
  );
}

interface RulesProps {
  policy: PolicyAnswer;
  place: Place;
  mayChange: boolean;
}

function Rules({ policy, place, mayChange }: RulesProps): ReactElement {
  const { rule: opened } = route.useSearch();
  const navigate = route.useNavigate();
  const open = (rule: string | undefined): void =>
    void navigate({ search: (before) => ({ ...before, rule }), replace: true, resetScroll: false });
  return (
    <Panel title="Rules, in the order in which they are asked" isFlush>
      <ul className="divide-y divide-line">
        {policy.rules.map((rule) => (
          <Rule
            key={rule.rule}
            rule={rule}
            isOpen={rule.rule === opened}
            onToggle={() => open(rule.rule === opened ? undefined : rule.rule)}
            {...{ policy, place, mayChange }}
          />
        ))}
      </ul>
    </Panel>
  );
}

interface RuleProps extends RulesProps {
  rule: RuleAnswer;
  isOpen: boolean;
  onToggle: () => void;
}

function Rule({ rule, isOpen, onToggle, policy, place, mayChange }: RuleProps): ReactElement {
  const { word, tone } = MODES[rule.mode];
  const verb = mayChange ? "Change" : "Look at";
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="flex flex-wrap items-center gap-2 font-medium">
            {rule.rule} <Badge tone={tone}>{word}</Badge>
          </h3>
          <p className="max-w-prose text-soft">{rule.description}</p>
          <p className="text-faint">
            {ALWAYS_ENFORCED.has(rule.rule) ? "Always enforced" : `Chosen by: ${rule.from}`}
          </p>
        </div>
        {!ALWAYS_ENFORCED.has(rule.rule) && (
          <Button aria-expanded={isOpen} onClick={onToggle}>
            {isOpen ? "Close" : verb}
            <span className="sr-only"> {rule.rule}</span>
          </Button>
        )}
      </div>
      {isOpen && (
        <RuleEditor
          key={`${rule.mode} ${JSON.stringify(rule.options)}`}
          {...{ rule, policy, place, mayChange }}
        />
      )}
    </li>
  );
}

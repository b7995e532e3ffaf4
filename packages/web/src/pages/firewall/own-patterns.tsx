import type { ChoiceAnswer, PolicyAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { placePath } from "./firewall-queries.ts";
import { MODES } from "./firewall-words.ts";
import { useChange } from "./use-change.ts";
import { placeWords, type Place } from "./use-place.ts";

/** What was chosen for some packages only; nothing where there is none. */
export function OwnPatterns(props: {
  policy: PolicyAnswer;
  place: Place;
  mayChange: boolean;
}): ReactElement | null {
  const { policy, place, mayChange } = props;
  const removing = useChange({
    run: ({ rule, packages }: ChoiceAnswer) =>
      api.call(`${placePath(place.name)}/policy/rules/${rule}`, {
        method: "DELETE",
        query: { packages: packages ?? undefined },
      }),
    said: (_done, { rule, packages }) => `Nothing of its own is chosen for ${packages} and ${rule} any more.`,
    undo: ({ rule, packages, mode, options }) =>
      api.call(`${placePath(place.name)}/policy/rules/${rule}`, {
        method: "PUT",
        body: { packages, ...(mode === null ? {} : { mode }), options },
      }),
  });
  const choices = policy.choices.filter(({ packages }) => packages !== null);
  if (choices.length === 0) return null;
  return (
    <Panel title="Chosen for some packages only" isFlush>
      <ProblemText problem={removing.error} />
      <ul className="divide-y divide-line">
        {choices.map((choice) => (
          <li
            key={`${choice.registry} ${choice.rule} ${choice.packages}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2.5"
          >
            <code className="[overflow-wrap:anywhere]">{choice.packages}</code>
            <span className="font-medium">{choice.rule}</span>
            {choice.mode !== null && choice.mode !== undefined && (
              <Badge tone={MODES[choice.mode].tone}>{MODES[choice.mode].word}</Badge>
            )}
            <span className="text-soft">in {placeWords(choice.registry)}</span>
            {mayChange && choice.registry === policy.registry && (
              <span className="ml-auto">
                <Button look="quiet" isBusy={removing.isPending} onClick={() => removing.mutate(choice)}>
                  Remove
                  <span className="sr-only">
                    {" "}
                    {choice.rule} for {choice.packages}
                  </span>
                </Button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

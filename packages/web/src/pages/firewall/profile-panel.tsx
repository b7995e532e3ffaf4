import type { PolicyAnswer, PolicyChangeAnswer } from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { SelectField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { placePath } from "./firewall-queries.ts";
import { useChange } from "./use-change.ts";
import { placeWords, type Place } from "./use-place.ts";

const PROFILES = {
  "": "As elsewhere",
  "standard": "Standard: refuses malware and what is not the upstream's to give, and reports the rest",
  "strict": "Strict: refuses known vulnerabilities, install scripts and what is very new as well",
} as const;

type ProfileChoice = keyof typeof PROFILES;

interface ProfileProps {
  policy: PolicyAnswer;
  place: Place;
  mayChange: boolean;
}

/** The settings that all rules begin with. */
export function ProfilePanel({ policy, place, mayChange }: ProfileProps): ReactElement {
  const own = ownProfile(policy);
  const [chosen, setChosen] = useState<ProfileChoice>(own);
  const [isAsking, setAsking] = useState(false);
  const set = (profile: ProfileChoice): Promise<PolicyChangeAnswer> =>
    api.call(`${placePath(place.name)}/policy/profile`, {
      method: "PUT",
      body: { profile: profile === "" ? null : profile },
    });
  const saving = useChange({
    run: () => set(chosen),
    said: ({ profile }) => `The profile of ${placeWords(place.name)} is ${profile}.`,
    onDone: () => setAsking(false),
    undo: () => set(own),
  });
  // Going back to what is elsewhere may be either way, so it asks too.
  const isWeaker = policy.profile === "strict" && chosen !== "strict";
  return (
    <Panel title={`Profile: ${policy.profile}`}>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (isWeaker) setAsking(true);
          else saving.mutate();
        }}
      >
        <div className="min-w-0 flex-1 basis-64">
          <SelectField
            label="Profile"
            hint="What every rule begins with; what is chosen for a rule below goes before it."
            disabled={!mayChange}
            value={chosen}
            onChange={({ target }) => setChosen(target.value as ProfileChoice)}
          >
            {Object.entries(PROFILES).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </SelectField>
        </div>
        {mayChange && (
          <Button type="submit" disabled={chosen === own} isBusy={saving.isPending}>
            Switch profile
          </Button>
        )}
      </form>
      {!isAsking && <ProblemText problem={saving.error} />}
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title="Leave the strict profile?"
        verb="Leave it"
        isBusy={saving.isPending}
        problem={saving.error}
        onConfirm={() => saving.mutate()}
      >
        <p>What only the strict profile refuses is served in {placeWords(place.name)} from then on.</p>
      </ConfirmDialog>
    </Panel>
  );
}

function ownProfile({ choices, registry }: PolicyAnswer): ProfileChoice {
  const own = choices.find((choice) => choice.rule === "profile" && choice.registry === registry);
  const profile = (own as { profile?: unknown } | undefined)?.profile;
  return profile === "standard" || profile === "strict" ? profile : "";
}

import {
  optionSpecsOf,
  type ChoiceAnswer,
  type PolicyAnswer,
  type PolicyChangeAnswer,
  type RuleAnswer,
  type RuleMode,
} from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";
import { placePath } from "./firewall-queries.ts";
import { MODE_ORDER, MODES } from "./firewall-words.ts";
import { OptionFields } from "./option-fields.tsx";
import { RulePreview } from "./rule-preview.tsx";
import { useChange } from "./use-change.ts";
import { placeWords, type Place } from "./use-place.ts";

interface EditorProps {
  rule: RuleAnswer;
  policy: PolicyAnswer;
  place: Place;
  mayChange: boolean;
}

interface Draft {
  mode: RuleMode;
  options: Readonly<Record<string, unknown>>;
  /** Empty for every package. */
  packages: string;
}

/** Mode and options of a rule, with what it would have refused lately, before it is saved. */
export function RuleEditor({ rule, policy, place, mayChange }: EditorProps): ReactElement {
  const [draft, setDraft] = useState<Draft>({ mode: rule.mode, options: rule.options, packages: "" });
  const [isAsking, setAsking] = useState(false);
  const specs = optionSpecsOf(rule.rule);
  const path = `${placePath(place.name)}/policy/rules/${rule.rule}`;
  const own = policy.choices.find(
    (choice) => choice.rule === rule.rule && choice.registry === policy.registry && choice.packages === null,
  );
  const saving = useChange({
    run: () => api.call<PolicyChangeAnswer>(path, { method: "PUT", body: bodyOf(draft, rule) }),
    said: () => `${rule.rule} is ${MODES[draft.mode].word.toLowerCase()} in ${placeWords(place.name)}.`,
    onDone: () => setAsking(false),
    undo: () => restore(path, own, draft.packages),
  });
  const resetting = useChange({
    run: () => api.call<PolicyChangeAnswer>(path, { method: "DELETE" }),
    said: () => `${rule.rule} is as chosen elsewhere again.`,
    undo: () => restore(path, own, ""),
  });
  const isWeaker = MODE_ORDER.indexOf(draft.mode) < MODE_ORDER.indexOf(rule.mode);
  const isSame = draft.packages === "" && draft.mode === rule.mode && !hasNewOptions(draft, rule);
  return (
    <form
      aria-label={`The rule ${rule.rule}`}
      className="mt-3 grid gap-4 border-t border-line pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWeaker) setAsking(true);
        else saving.mutate();
      }}
    >
      <fieldset disabled={!mayChange} className="grid gap-4 sm:grid-cols-2">
        <ModeAndPackages draft={draft} onChange={(part) => setDraft({ ...draft, ...part })} />
        <OptionFields
          specs={specs}
          values={draft.options}
          onChange={(options) => setDraft({ ...draft, options })}
        />
      </fieldset>
      {place.mayManage && (
        <RulePreview rule={rule.rule} place={place} isChanged={hasNewOptions(draft, rule)} />
      )}
      <ProblemText problem={isAsking ? null : (saving.error ?? resetting.error)} />
      {mayChange && (
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" disabled={isSame} isBusy={saving.isPending}>
            Save
          </Button>
          {own !== undefined && (
            <Button isBusy={resetting.isPending} onClick={() => resetting.mutate()}>
              As chosen elsewhere
            </Button>
          )}
        </div>
      )}
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Make ${rule.rule} weaker?`}
        verb={`Set it to ${MODES[draft.mode].word.toLowerCase()}`}
        isBusy={saving.isPending}
        problem={saving.error}
        onConfirm={() => saving.mutate()}
      >
        <p>
          It was {MODES[rule.mode].word.toLowerCase()}. What it refuses now is served in{" "}
          {placeWords(place.name)} from then on{draft.packages === "" ? "" : `, of ${draft.packages}`}.
        </p>
      </ConfirmDialog>
    </form>
  );
}

function ModeAndPackages(props: { draft: Draft; onChange: (part: Partial<Draft>) => void }): ReactElement {
  const { draft, onChange } = props;
  return (
    <>
      <SelectField
        label="Mode"
        hint={MODES[draft.mode].does}
        value={draft.mode}
        onChange={({ target }) => onChange({ mode: target.value as RuleMode })}
      >
        {MODE_ORDER.map((mode) => (
          <option key={mode} value={mode}>
            {MODES[mode].word}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Only for packages"
        hint="A name, @acme/* or prefix-*; empty for all of them."
        spellCheck={false}
        value={draft.packages}
        onChange={({ target }) => onChange({ packages: target.value })}
      />
    </>
  );
}

function hasNewOptions({ options }: Draft, rule: RuleAnswer): boolean {
  return JSON.stringify(options) !== JSON.stringify(rule.options);
}

// Only what was changed is chosen, so that the rest goes on following the place above.
function bodyOf({ mode, options, packages }: Draft, rule: RuleAnswer): Record<string, unknown> {
  const changed = Object.entries(options).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(rule.options[name]),
  );
  return {
    packages: packages.trim() === "" ? null : packages.trim(),
    ...(mode === rule.mode && packages.trim() === "" && changed.length > 0 ? {} : { mode }),
    ...(changed.length === 0 ? {} : { options: Object.fromEntries(changed) }),
  };
}

async function restore(path: string, own: ChoiceAnswer | undefined, packages: string): Promise<unknown> {
  const pattern = packages.trim();
  const query = pattern === "" ? {} : { packages: pattern };
  const isNew = pattern !== "" || own === undefined;
  await api.call(path, { method: "DELETE", query });
  if (isNew) return undefined;
  const { mode, options } = own;
  const body = { ...(mode === null || mode === undefined ? {} : { mode }), options: options ?? {} };
  return await api.call(path, { method: "PUT", body });
}

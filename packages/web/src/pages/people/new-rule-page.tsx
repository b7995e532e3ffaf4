import { TASKS, type AccessRuleAnswer, type Task } from "@entrepot/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button, ButtonLink } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { rulesQuery } from "./people-queries.ts";
import { RegistryField } from "./place-fields.tsx";
import { deedsText, placeText, TASK_WORDS, whoText } from "./rule-words.ts";

interface Wish {
  effect: "grant" | "restrict";
  subject: AccessRuleAnswer["subject"];
  name: string;
  task: Task;
  registry: string;
  packages: string;
}

const FIRST: Wish = {
  effect: "grant",
  subject: "team",
  name: "",
  task: "publish",
  registry: "",
  packages: "",
};
const NAMED = { user: "User name", team: "Team, as organization:team" } as const;

/** The form that makes a rule, with what it will say. */
export function NewRulePage(): ReactElement {
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const [wish, setWish] = useState(FIRST);
  const set = (part: Partial<Wish>): void => setWish({ ...wish, ...part });
  const { effect, subject, task } = wish;
  const hasName = subject === "user" || subject === "team";
  const registry = wish.registry || null;
  const packages = wish.packages.trim() || null;
  const creating = useMutation({
    mutationFn: () =>
      api.call("/access-rules", {
        method: "POST",
        body: {
          effect,
          subject,
          tasks: [task],
          registry,
          packages,
          ...(hasName && { name: wish.name.trim() }),
        },
      }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: rulesQuery().queryKey });
      await navigate({ to: "/people/permissions" });
      tell("The rule holds from now on.");
    },
  });
  const about = { subject, name: wish.name.trim() || "…" };
  return (
    <>
      <PageHeader title="New rule">It holds at once, in every process, for whoever asks next.</PageHeader>
      <Panel>
        <form
          className="grid max-w-xl gap-5"
          onSubmit={(event) => {
            event.preventDefault();
            creating.mutate();
          }}
        >
          <SelectField
            label="The rule"
            value={effect}
            onChange={(event) => set({ effect: event.target.value as Wish["effect"] })}
          >
            <option value="grant">gives</option>
            <option value="restrict">takes away</option>
          </SelectField>
          <Subject wish={wish} onChange={set} />
          <SelectField
            label="What"
            value={task}
            onChange={(event) => set({ task: event.target.value as Task })}
          >
            {(Object.keys(TASKS) as Task[]).map((name) => (
              <option key={name} value={name}>
                {TASK_WORDS[name]}
              </option>
            ))}
          </SelectField>
          <RegistryField
            value={wish.registry}
            every="every registry"
            onChoose={(name) => set({ registry: name })}
          />
          <TextField
            label="Packages"
            hint="A name, @scope/* or prefix-*; every package when left empty."
            autoComplete="off"
            spellCheck={false}
            value={wish.packages}
            onChange={(event) => set({ packages: event.target.value })}
          />
          <p role="status" className="rounded-md bg-inset px-3 py-2">
            {whoText(about)} {effect === "grant" ? "may" : "may not"} {deedsText(TASKS[task])}:{" "}
            {placeText({ registry, group: null, packages })}.
          </p>
          <ProblemText problem={creating.error} />
          <div className="flex gap-2">
            <Button type="submit" look="primary" isBusy={creating.isPending}>
              Make the rule
            </Button>
            <ButtonLink to="/people/permissions">Cancel</ButtonLink>
          </div>
        </form>
      </Panel>
    </>
  );
}

function Subject({ wish, onChange }: { wish: Wish; onChange: (part: Partial<Wish>) => void }): ReactElement {
  const { subject, name } = wish;
  return (
    <>
      <SelectField
        label="To or from"
        value={subject}
        onChange={(event) => onChange({ subject: event.target.value as Wish["subject"] })}
      >
        <option value="team">a team</option>
        <option value="user">a user</option>
        <option value="authenticated">everyone who is signed in</option>
        <option value="anonymous">those who are not signed in</option>
        <option value="everyone">everyone</option>
      </SelectField>
      {(subject === "user" || subject === "team") && (
        <TextField
          label={NAMED[subject]}
          required
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={(event) => onChange({ name: event.target.value })}
        />
      )}
    </>
  );
}

import type { ExceptionAnswer } from "@entrepot/core";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useChange } from "./use-change.ts";

/** What an exception is about. */
export interface ExceptionWish {
  /** `*` for every registry. */
  registry: string;
  packages: string;
  range: string;
  /** Empty for every rule that can be lifted. */
  rule: string;
}

interface FormProps {
  initial: ExceptionWish;
  /** `request`: somebody else decides; `create`: it holds at once. */
  kind: "request" | "create";
  registries: readonly string[];
  /** True where an exception in all registries may be chosen. */
  isForAll: boolean;
  rules: readonly string[];
  onDone?: () => void;
}

interface Wish extends ExceptionWish {
  reason: string;
  days: string;
}

const DAYS = "30";

function saidOf({ state, warnings = [] }: ExceptionAnswer): string {
  if (state === "approved") return "The exception is in force.";
  return ["The request is there; who runs the registry decides on it.", ...warnings].join(" ");
}

/** The form that asks for an exception, or makes one. */
export function ExceptionForm({ initial, kind, onDone, ...choices }: FormProps): ReactElement {
  const [wish, setWish] = useState<Wish>({ ...initial, reason: "", days: DAYS });
  const set = (part: Partial<Wish>): void => setWish({ ...wish, ...part });
  const { rule, days, ...said } = wish;
  const sending = useChange({
    run: () =>
      api.call<ExceptionAnswer>(kind === "create" ? "/exceptions" : "/exception-requests", {
        method: "POST",
        body: { ...said, rules: rule === "" ? null : [rule], days: Number(days) },
      }),
    said: saidOf,
    onDone() {
      set({ reason: "" });
      onDone?.();
    },
  });
  return (
    <form
      className="grid gap-4 sm:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        sending.mutate();
      }}
    >
      <WhatFields wish={wish} set={set} {...choices} />
      <WhyFields wish={wish} set={set} />
      {rule === "malware" && (
        <p className="rounded-md bg-warn-soft px-3 py-2 sm:col-span-2">
          Known malware passes only when two different people have approved it.
        </p>
      )}
      <div className="grid gap-3 sm:col-span-2">
        <ProblemText problem={sending.error} />
        <div>
          <Button type="submit" look="primary" isBusy={sending.isPending}>
            {kind === "create" ? "Make the exception" : "Ask for an exception"}
          </Button>
        </div>
      </div>
    </form>
  );
}

interface WishProps {
  wish: Wish;
  set: (part: Partial<Wish>) => void;
}

function WhatFields(props: WishProps & Pick<FormProps, "registries" | "isForAll" | "rules">): ReactElement {
  const { wish, set, registries, isForAll, rules } = props;
  return (
    <>
      <TextField
        label="Package"
        hint="A name, or all of a scope: @acme/*."
        required
        value={wish.packages}
        onChange={({ target }) => set({ packages: target.value })}
      />
      <TextField
        label="Versions"
        hint="A version or a range; * for all."
        required
        value={wish.range}
        onChange={({ target }) => set({ range: target.value })}
      />
      <SelectField
        label="In"
        value={wish.registry}
        onChange={({ target }) => set({ registry: target.value })}
      >
        {isForAll && <option value="*">Every registry</option>}
        {registries.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </SelectField>
      <SelectField
        label="From the rule"
        value={wish.rule}
        onChange={({ target }) => set({ rule: target.value })}
      >
        <option value="">Every rule that can be lifted</option>
        {rules.map((id) => (
          <option key={id}>{id}</option>
        ))}
      </SelectField>
    </>
  );
}

function WhyFields({ wish, set }: WishProps): ReactElement {
  return (
    <>
      <TextField
        label="Reason"
        hint="Why it may pass; whoever looks at it later reads this."
        required
        maxLength={2000}
        value={wish.reason}
        onChange={({ target }) => set({ reason: target.value })}
      />
      <TextField
        label="Days"
        hint="Then it ends by itself."
        type="number"
        min={1}
        max={365}
        required
        value={wish.days}
        onChange={({ target }) => set({ days: target.value })}
      />
    </>
  );
}

import { READING, type CreatedTokenAnswer, type Permission } from "@entrepot/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { SecretOnce } from "../../components/secret-once.tsx";
import { ProblemText } from "../../components/states.tsx";
import type { TokenPlace } from "./token-queries.ts";
import { limitWords } from "./token-words.ts";

type Use = "read" | "publish" | "all";

/** What one wants of a token, as it is written in the form. */
export interface TokenWish {
  name: string;
  use: Use;
  registries: string;
  packages: string;
  networks: string;
  days: string;
}

const FIRST: TokenWish = { name: "", use: "read", registries: "", packages: "", networks: "", days: "90" };
const USES: Readonly<Record<Use, readonly Permission[] | null>> = {
  read: [...READING],
  publish: [...READING, "publish", "tag", "deprecate"],
  all: null,
};
const DAYS = [
  ["7", "in a week"],
  ["30", "in 30 days"],
  ["90", "in 90 days"],
  ["365", "in a year"],
  ["", "never"],
] as const;

interface TokenFormProps {
  where: TokenPlace;
  /** What it is called, such as `token`. */
  noun: string;
  allText: string;
  /** What the API wants beside the limits. */
  more: Readonly<Record<string, unknown>>;
  user: string | null;
  children: ReactNode;
}

/** Makes a token or key: says in words what it will be, and shows its value once. */
export function TokenForm({ where, noun, allText, more, user, children }: TokenFormProps): ReactElement {
  const client = useQueryClient();
  const [wish, setWish] = useState(FIRST);
  const creating = useMutation({
    mutationFn: () =>
      api.call<CreatedTokenAnswer>(where, { method: "POST", body: { ...bodyOf(wish), ...more } }),
    async onSuccess() {
      setWish(FIRST);
      await client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  const { data: made } = creating;
  return (
    <Panel>
      <form
        className="grid max-w-xl grid-cols-[minmax(0,1fr)] gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          creating.mutate();
        }}
      >
        {made !== undefined && (
          <SecretOnce secret={made.token} label={`Value of ${made.name}`}>
            The {noun} {made.name} is there. Copy it now: it is shown this once.
          </SecretOnce>
        )}
        <TokenFields wish={wish} onChange={setWish} allText={allText}>
          {children}
        </TokenFields>
        <div role="status" aria-label={`What the ${noun} will do`} className="rounded-md bg-inset px-3 py-2">
          {limitWords({ ...limitsOf(wish), user }).join(" ")}{" "}
          {wish.days === "" ? "Never ends." : `Ends in ${wish.days} days.`}
        </div>
        <ProblemText problem={creating.error} />
        <div>
          <Button type="submit" look="primary" isBusy={creating.isPending}>
            Create the {noun}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function TokenFields(props: {
  wish: TokenWish;
  onChange: (wish: TokenWish) => void;
  allText: string;
  children: ReactNode;
}): ReactElement {
  const { wish, onChange, allText, children } = props;
  const fieldOf = (key: keyof TokenWish) => ({
    autoComplete: "off",
    spellCheck: false,
    value: wish[key],
    onChange: (event: { target: { value: string } }) => onChange({ ...wish, [key]: event.target.value }),
  });
  return (
    <>
      <TextField
        label="Name"
        hint="What it is for, so that you know it again."
        required
        {...fieldOf("name")}
      />
      {children}
      <SelectField label="What it may do" {...fieldOf("use")}>
        <option value="read">Read and install; change nothing</option>
        <option value="publish">Publish, tag and deprecate too</option>
        <option value="all">{allText}</option>
      </SelectField>
      <TextField
        label="Registries"
        hint="Names with commas between; every registry when left empty."
        {...fieldOf("registries")}
      />
      <TextField
        label="Packages"
        hint="Names or @scope/*, with commas between; every package when left empty."
        {...fieldOf("packages")}
      />
      <TextField
        label="Networks"
        hint="From where it is taken, such as 10.0.0.0/8; from anywhere when left empty."
        {...fieldOf("networks")}
      />
      <SelectField label="It ends" {...fieldOf("days")}>
        {DAYS.map(([days, words]) => (
          <option key={days} value={days}>
            {words}
          </option>
        ))}
      </SelectField>
    </>
  );
}

function listIn(text: string): string[] | null {
  const names = text.split(/[\s,]+/).filter((name) => name !== "");
  return names.length === 0 ? null : names;
}

function limitsOf({ use, registries, packages, networks }: TokenWish) {
  return {
    permissions: USES[use],
    registries: listIn(registries),
    groups: null,
    packages: listIn(packages),
    networks: listIn(networks),
  };
}

function bodyOf(wish: TokenWish): Record<string, unknown> {
  const { permissions, registries, packages, networks } = limitsOf(wish);
  return {
    name: wish.name,
    expiresInDays: wish.days === "" ? null : Number(wish.days),
    ...(permissions === null ? { readonly: false } : { permissions }),
    ...(registries === null ? {} : { registries }),
    ...(packages === null ? {} : { packages }),
    ...(networks === null ? {} : { networks }),
  };
}

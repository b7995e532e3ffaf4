import {
  registryNameProblem,
  type PageAnswer,
  type RegistryAnswer,
  type ShownRegistryAnswer,
  type UpstreamAnswer,
} from "@entrepot/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button, ButtonLink } from "../../components/button.tsx";
import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { registryPath } from "./registry-queries.ts";

interface Wish {
  name: string;
  kind: RegistryAnswer["kind"];
  description: string;
  anonymousRead: boolean;
  upstreams: readonly string[];
}

const NOTHING: Wish = { name: "", kind: "standard", description: "", anonymousRead: false, upstreams: [] };

const PURPOSES: Readonly<Record<Wish["kind"], string>> = {
  standard: "Publish to it, and install from its upstreams too.",
  firewall: "Rules against vulnerabilities and licences are in force from the start.",
};

async function createRegistry({ upstreams, ...body }: Wish): Promise<ShownRegistryAnswer> {
  const made = await api.call<ShownRegistryAnswer>("/registries", { method: "POST", body });
  if (upstreams.length === 0) return made;
  return await api.call(`${registryPath(made.name)}/upstreams`, { method: "PUT", body: { upstreams } });
}

/** The form that makes a registry and lands in it. */
export function NewRegistryPage(): ReactElement {
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const [wish, setWish] = useState(NOTHING);
  const set = (part: Partial<Wish>): void => setWish({ ...wish, ...part });
  // Names are lower case, and whoever types another means that one.
  const name = wish.name.trim().toLowerCase();
  const nameProblem = wish.name === "" ? null : registryNameProblem(wish.name.toLowerCase());
  const creating = useMutation({
    mutationFn: () => createRegistry({ ...wish, name }),
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: ["registries"] });
      await navigate({ to: "/registries/$registry", params: { registry: made.name } });
      tell(`The registry ${made.name} is there; clients can use it now.`);
    },
  });

  function send(event: FormEvent): void {
    event.preventDefault();
    if (nameProblem === null) creating.mutate();
  }

  return (
    <>
      <PageHeader title="New registry">Its endpoint works as soon as it is created.</PageHeader>
      <Panel>
        <form className="grid max-w-xl gap-5" onSubmit={send}>
          <TextField
            label="Name"
            hint={
              <>
                Part of its URL:{" "}
                <code className="[overflow-wrap:anywhere]">{endpointOf(name || "name")}</code>
              </>
            }
            error={nameProblem}
            required
            autoFocus
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={wish.name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextField
            label="Description"
            hint="What it is for, in a line; shown in lists."
            maxLength={500}
            value={wish.description}
            onChange={(event) => set({ description: event.target.value })}
          />
          <SelectField
            label="Purpose"
            hint={PURPOSES[wish.kind]}
            value={wish.kind}
            onChange={(event) => set({ kind: event.target.value === "firewall" ? "firewall" : "standard" })}
          >
            <option value="standard">Packages of your own and of others</option>
            <option value="firewall">A firewall before an upstream</option>
          </SelectField>
          <UpstreamChoice chosen={wish.upstreams} onChoose={(upstreams) => set({ upstreams })} />
          <CheckField
            label="Anyone may read it"
            hint="Without it, installing needs a credential. Publishing always does."
            checked={wish.anonymousRead}
            onChange={(event) => set({ anonymousRead: event.target.checked })}
          />
          <ProblemText problem={creating.error} />
          <div className="flex gap-2">
            <Button type="submit" look="primary" isBusy={creating.isPending}>
              Create the registry
            </Button>
            <ButtonLink to="/registries">Cancel</ButtonLink>
          </div>
        </form>
      </Panel>
    </>
  );
}

function endpointOf(name: string): string {
  return new URL(`npm/${encodeURIComponent(name)}/`, document.baseURI).href;
}

function UpstreamChoice(props: {
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
}): ReactElement | null {
  const { data } = useQuery({
    queryKey: ["upstreams"],
    queryFn: ({ signal }) => api.call<PageAnswer<UpstreamAnswer>>("/upstreams", { signal }),
  });
  if (data === undefined || data.items.length === 0) return null;
  const { chosen, onChoose } = props;
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium">Upstreams</legend>
      <p className="text-soft">
        Asked for names that are not its own, in the order in which you choose them.
      </p>
      {data.items.map(({ name, url }) => (
        <CheckField
          key={name}
          label={name}
          hint={<span className="[overflow-wrap:anywhere]">{url}</span>}
          checked={chosen.includes(name)}
          onChange={(event) =>
            onChoose(event.target.checked ? [...chosen, name] : chosen.filter((other) => other !== name))
          }
        />
      ))}
    </fieldset>
  );
}

import type { UserAnswer } from "@entrepot/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { Panel } from "../../components/panel.tsx";
import { TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { PEOPLE, userPath } from "./people-queries.ts";

const ROW = "flex flex-wrap items-center justify-between gap-3 px-4 py-3";

/** How somebody gets in again, and how they are kept out. */
export function UserAccess({ user }: { user: UserAnswer }): ReactElement {
  return (
    <Panel title="Danger zone" look="danger" isFlush>
      <div className="divide-y divide-line">
        <NewPassword name={user.name} />
        <EndAll name={user.name} />
        <Disable user={user} />
      </div>
    </Panel>
  );
}

function NewPassword({ name }: { name: string }): ReactElement {
  const tell = useToast();
  const [password, setPassword] = useState("");
  const setting = useMutation({
    mutationFn: () => api.call(userPath(name), { method: "PATCH", body: { password } }),
    onSuccess() {
      setPassword("");
      tell(`${name} has another password.`);
    },
  });
  return (
    <form
      className={ROW}
      onSubmit={(event) => {
        event.preventDefault();
        setting.mutate();
      }}
    >
      <div className="grid w-full max-w-md gap-2">
        <TextField
          label="Set another password"
          hint="For who forgot theirs. Their sessions end; they should change it under Settings."
          type="password"
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <ProblemText problem={setting.error} />
      </div>
      <Button type="submit" isBusy={setting.isPending}>
        Set the password
      </Button>
    </form>
  );
}

function EndAll({ name }: { name: string }): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const tell = useToast();
  const ending = useMutation({
    mutationFn: () => api.call(`${userPath(name)}/sessions/end`, { method: "POST", body: { tokens: true } }),
    async onSuccess() {
      setAsking(false);
      await client.invalidateQueries({ queryKey: [PEOPLE, "users", name] });
      tell(`${name} has to sign in everywhere again.`);
    },
  });
  return (
    <div className={ROW}>
      <div className="max-w-prose">
        <h3 className="font-medium">Sign out everywhere</h3>
        <p className="text-soft">Ends every session and every token, for when a machine was lost.</p>
      </div>
      <Button onClick={() => setAsking(true)}>End sessions and tokens</Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Sign ${name} out everywhere?`}
        verb="End sessions and tokens"
        isBusy={ending.isPending}
        problem={ending.error}
        onConfirm={() => ending.mutate()}
      >
        <p>Browsers, terminals and pipelines of {name} are refused from then on. Tokens do not come back.</p>
      </ConfirmDialog>
    </div>
  );
}

function Disable({ user: { name, disabled } }: { user: UserAnswer }): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const tell = useToast();
  const switching = useMutation({
    mutationFn: () => api.call(userPath(name), { method: "PATCH", body: { disabled: !disabled } }),
    async onSuccess() {
      setAsking(false);
      await client.invalidateQueries({ queryKey: [PEOPLE] });
      tell(disabled ? `${name} may come in again.` : `${name} is disabled.`);
    },
  });
  return (
    <div className={ROW}>
      <div className="max-w-prose">
        <h3 className="font-medium">{disabled ? "Let them in again" : "Disable"}</h3>
        <p className="text-soft">
          {disabled
            ? "They sign in with the password that they had; tokens have to be made anew."
            : "Nobody comes in as them any more. What they published stays."}
        </p>
        {disabled && <ProblemText problem={switching.error} />}
      </div>
      {disabled ? (
        <Button isBusy={switching.isPending} onClick={() => switching.mutate()}>
          Enable the user
        </Button>
      ) : (
        <Button look="danger" onClick={() => setAsking(true)}>
          Disable the user
        </Button>
      )}
      <ConfirmDialog
        isOpen={isAsking && !disabled}
        onClose={() => setAsking(false)}
        title={`Disable ${name}?`}
        typed={name}
        verb="Disable"
        isBusy={switching.isPending}
        problem={switching.error}
        onConfirm={() => switching.mutate()}
      >
        <p>Their sessions and tokens end at once, pipelines among them. They can be let in again.</p>
      </ConfirmDialog>
    </div>
  );
}

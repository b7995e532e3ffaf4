import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { signIn } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { Card } from "./card.tsx";

const route = getRouteApi("/password");
const EMPTY = { password: "", newPassword: "", again: "" };

/** Where a one-time password is replaced by one's own; it signs in with the new one. */
export function PasswordPage(): ReactElement {
  const { to = "/", user: givenUser = "" } = route.useSearch();
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const [user, setUser] = useState(givenUser);
  const [fields, setFields] = useState(EMPTY);
  const { password, newPassword, again } = fields;
  const differ = again !== "" && again !== newPassword;
  const changing = useMutation({
    async mutationFn() {
      await api.call("/password", { method: "POST", body: { user, password, newPassword } });
      await signIn(client, { user, password: newPassword });
    },
    async onSuccess() {
      await navigate({ href: to, replace: true });
      tell("Your password is set, and you are signed in.");
    },
  });

  function send(event: FormEvent): void {
    event.preventDefault();
    if (!differ) changing.mutate();
  }

  const fieldOf = (name: keyof typeof EMPTY) => ({
    type: "password",
    required: true,
    value: fields[name],
    onChange: (event: { target: HTMLInputElement }) => setFields({ ...fields, [name]: event.target.value }),
  });
  return (
    <Card title="Set a password of your own">
      <p className="mb-4 text-soft">
        For whoever has a one-time password, and whenever you want another one. Other browsers have to sign in
        again.
      </p>
      <form className="grid gap-4" onSubmit={send}>
        <TextField
          label="User name"
          autoComplete="username"
          required
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        <TextField label="Password you have now" autoComplete="current-password" {...fieldOf("password")} />
        <TextField label="New password" autoComplete="new-password" {...fieldOf("newPassword")} />
        <TextField
          label="New password again"
          autoComplete="new-password"
          error={differ ? "This is not the same as above." : null}
          {...fieldOf("again")}
        />
        <ProblemText problem={changing.error} />
        <Button type="submit" look="primary" isBusy={changing.isPending}>
          Set the password
        </Button>
      </form>
    </Card>
  );
}

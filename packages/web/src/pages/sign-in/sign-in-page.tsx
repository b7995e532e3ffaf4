import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactElement } from "react";
import { Problem } from "../../api/problem.ts";
import { signIn } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { ProblemText } from "../../components/states.tsx";
import { Card } from "./card.tsx";

const route = getRouteApi("/sign-in");

/** Where somebody signs in with name and password; a one-time password leads on to choosing one's own. */
export function SignInPage(): ReactElement {
  const { to = "/" } = route.useSearch();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const entering = useMutation({
    mutationFn: () => signIn(client, { user: user.trim(), password }),
    onSuccess: () => navigate({ href: to, replace: true }),
    onError(error) {
      if (error instanceof Problem && error.helpCode === "password-must-change") {
        void navigate({ to: "/password", search: { user: user.trim(), to } });
      }
    },
  });

  function send(event: FormEvent): void {
    event.preventDefault();
    entering.mutate();
  }

  return (
    <Card title="Sign in">
      <form className="grid gap-4" onSubmit={send}>
        <TextField
          label="User name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={user}
          onChange={(event) => setUser(event.target.value)}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <ProblemText problem={entering.error} />
        <Button type="submit" look="primary" isBusy={entering.isPending}>
          Sign in
        </Button>
      </form>
    </Card>
  );
}

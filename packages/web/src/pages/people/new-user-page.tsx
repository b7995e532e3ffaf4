import type { Role, SentInvitationAnswer, UserAnswer } from "@entrepot/core";
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { SentInvitation } from "./invitations.tsx";
import { PEOPLE } from "./people-queries.ts";
import { RoleField } from "./role-field.tsx";

/** The two ways to bring somebody in: an invitation, or a user that is there at once. */
export function NewUserPage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const isOwner = self?.role === "owner";
  return (
    <>
      <PageHeader title="Add somebody">
        An invitation lets them choose name and password; a user that you create is there at once.
      </PageHeader>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Invite isOwner={isOwner} />
        <Create isOwner={isOwner} />
      </div>
    </>
  );
}

function Invite({ isOwner }: { isOwner: boolean }): ReactElement {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const inviting = useMutation({
    mutationFn: () =>
      api.call<SentInvitationAnswer>("/invitations", {
        method: "POST",
        body: { role, email: email.trim() === "" ? null : email.trim() },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: [PEOPLE, "invitations"] }),
  });
  return (
    <Panel title="Invite">
      <form
        className="grid grid-cols-[minmax(0,1fr)] gap-5"
        onSubmit={(event) => sent(event, () => inviting.mutate())}
      >
        <TextField
          label="Mail address"
          hint="May be left out: the link is shown here too."
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <RoleField role={role} isByOwner={isOwner} onChoose={setRole} />
        <ProblemText problem={inviting.error} />
        {inviting.data !== undefined && <SentInvitation invitation={inviting.data} />}
        <div>
          <Button type="submit" look="primary" isBusy={inviting.isPending}>
            Invite
          </Button>
        </div>
      </form>
    </Panel>
  );
}

const NOBODY = { name: "", email: "", password: "" };

function Create({ isOwner }: { isOwner: boolean }): ReactElement {
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const [wish, setWish] = useState(NOBODY);
  const [role, setRole] = useState<Role>("developer");
  const creating = useMutation({
    mutationFn: () =>
      api.call<UserAnswer>("/users", {
        method: "POST",
        body: { name: wish.name.trim(), role, email: wish.email || null, password: wish.password || null },
      }),
    async onSuccess({ name }) {
      await client.invalidateQueries({ queryKey: [PEOPLE] });
      await navigate({ to: "/people/users/$user", params: { user: name } });
      tell(`${name} is there.`);
    },
  });
  const fieldOf = (key: keyof typeof NOBODY) => ({
    autoComplete: key === "password" ? "new-password" : "off",
    value: wish[key],
    onChange: (event: { target: HTMLInputElement }) => setWish({ ...wish, [key]: event.target.value }),
  });
  return (
    <Panel title="Create a user">
      <form
        className="grid grid-cols-[minmax(0,1fr)] gap-5"
        onSubmit={(event) => sent(event, () => creating.mutate())}
      >
        <TextField label="User name" required spellCheck={false} autoCapitalize="none" {...fieldOf("name")} />
        <TextField label="Their mail address" type="email" {...fieldOf("email")} />
        <TextField
          label="Password"
          hint="Without one they can only use tokens. Tell it to them on another way than by mail."
          type="password"
          {...fieldOf("password")}
        />
        <RoleField role={role} isByOwner={isOwner} onChoose={setRole} />
        <ProblemText problem={creating.error} />
        <div>
          <Button type="submit" look="primary" isBusy={creating.isPending}>
            Create the user
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function sent(event: FormEvent, work: () => void): void {
  event.preventDefault();
  work();
}

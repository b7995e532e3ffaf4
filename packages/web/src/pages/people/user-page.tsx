import type { Role, SessionAnswer, UserAnswer } from "@entrepot/core";
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { PEOPLE, userPath, userQuery, userSessionsQuery } from "./people-queries.ts";
import { RoleField } from "./role-field.tsx";
import { UserAccess } from "./user-access.tsx";

const route = getRouteApi("/shell/people/users/$user");

/** One user: who they are, where they are signed in, and how they are kept out. */
export function UserPage(): ReactElement {
  const { user: name } = route.useParams();
  const { data: user, isPending, error, refetch } = useQuery(userQuery(name));
  if (isPending) return <LoadingState what={`Loading ${name}`} />;
  if (user === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  return (
    <>
      <PageHeader title={user.name}>
        <p className="flex flex-wrap items-center gap-1.5">
          {user.fullName !== "" && <span>{user.fullName}</span>}
          <Badge tone={user.role === "owner" || user.role === "admin" ? "accent" : "neutral"}>
            {user.role}
          </Badge>
          {user.disabled && <Badge tone="bad">Disabled</Badge>}
          <span>
            here since <Time at={user.createdAt} />
          </span>
          <Link className="underline" to="/people/audit" search={{ actor: user.name }}>
            What they did
          </Link>
        </p>
      </PageHeader>
      <div className="grid gap-4">
        <UserForm key={user.updatedAt} user={user} />
        <Sessions name={user.name} />
        <UserAccess user={user} />
      </div>
    </>
  );
}

function UserForm({ user }: { user: UserAnswer }): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const client = useQueryClient();
  const tell = useToast();
  const [email, setEmail] = useState(user.email ?? "");
  const [role, setRole] = useState<Role>(user.role);
  const saving = useMutation({
    mutationFn: () =>
      api.call(userPath(user.name), {
        method: "PATCH",
        body: { email: email === "" ? null : email, ...(role === user.role ? {} : { role }) },
      }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [PEOPLE, "users"] });
      tell(`${user.name} is changed.`);
    },
  });
  return (
    <Panel title="Who they are">
      <form
        className="grid max-w-xl gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          saving.mutate();
        }}
      >
        <TextField
          label="Mail address"
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <RoleField role={role} isByOwner={self?.role === "owner"} onChoose={setRole} />
        <ProblemText problem={saving.error} />
        <div>
          <Button type="submit" look="primary" isBusy={saving.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Sessions({ name }: { name: string }): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const ending = useMutation({
    mutationFn: (id: string) =>
      api.call(`${userPath(name)}/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: [PEOPLE, "users", name] });
      tell("That browser has to sign in again.");
    },
  });
  const columns: readonly Column<SessionAnswer>[] = [
    {
      heading: "Browser",
      cell: ({ client: browser }) => <span className="[overflow-wrap:anywhere]">{browser ?? "Unnamed"}</span>,
    },
    { heading: "Address", isMinor: true, cell: ({ address }) => <code>{address}</code> },
    { heading: "Last used", cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    {
      heading: "Action",
      cell: ({ id, isThisOne, client: browser }) =>
        isThisOne ? (
          <Badge tone="accent">This one</Badge>
        ) : (
          <Button look="quiet" className="-my-1.5" onClick={() => ending.mutate(id)}>
            End<span className="sr-only"> the session of {browser ?? "an unnamed browser"}</span>
          </Button>
        ),
    },
  ];
  return (
    <Panel title="Browsers in which they are signed in" isFlush>
      <ProblemText problem={ending.error} />
      <PagedTable
        list={useInfiniteQuery(userSessionsQuery(name))}
        label="Sessions"
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <EmptyState title="In none">
            A session begins when they sign in to this console, and is listed here until it ends.
          </EmptyState>
        }
      />
    </Panel>
  );
}

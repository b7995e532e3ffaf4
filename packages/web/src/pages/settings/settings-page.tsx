import type { PageAnswer, SessionAnswer } from "@entrepot/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery } from "../../api/session.ts";
import { Badge } from "../../components/badge.tsx";
import { Button, ButtonLink } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { chooseTheme, chosenTheme, type Theme } from "../../design/theme.ts";
import { browserName } from "./browser-name.ts";

/** What concerns whoever is signed in. */
export function SettingsPage(): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  return (
    <div className="grid gap-4">
      <Appearance />
      <Panel title="Password">
        <p className="mb-3 max-w-prose text-soft">
          A new password ends the sessions of other browsers. Tokens of clients go on.
        </p>
        <ButtonLink to="/password" search={{ to: "/settings", user: self?.user ?? "" }}>
          Change the password
        </ButtonLink>
      </Panel>
      <Sessions />
    </div>
  );
}

const THEMES: ReadonlyArray<readonly [Theme, string]> = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Appearance(): ReactElement {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <Panel title="Appearance">
      <fieldset>
        <legend className="mb-2 text-soft">Theme, in this browser</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          {THEMES.map(([value, label]) => (
            <label key={value} className="flex items-center gap-2">
              <input
                type="radio"
                name="theme"
                className="size-4 accent-accent"
                checked={theme === value}
                onChange={() => {
                  chooseTheme(value);
                  setTheme(value);
                }}
              />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
    </Panel>
  );
}

const KEY = ["sessions"];

function Sessions(): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const list = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => api.call<PageAnswer<SessionAnswer>>("/sessions", { signal }),
  });
  const ending = useMutation({
    mutationFn: (id: string) => api.call(`/sessions/${encodeURIComponent(id)}`, { method: "DELETE" }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: KEY });
      tell("That browser has to sign in again.");
    },
  });
  const columns: readonly Column<SessionAnswer>[] = [
    {
      heading: "Browser",
      cell: ({ client: name, isThisOne }) => (
        <span className="flex flex-wrap items-center gap-1.5">
          <span title={name ?? ""} className="[overflow-wrap:anywhere]">
            {browserName(name)}
          </span>
          {isThisOne && <Badge tone="accent">This one</Badge>}
        </span>
      ),
    },
    { heading: "Address", isMinor: true, cell: ({ address }) => <code>{address}</code> },
    { heading: "Last used", cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    { heading: "Ends", isMinor: true, cell: ({ endsAt }) => <Time at={endsAt} /> },
    {
      heading: "Action",
      cell: ({ id, isThisOne, client: name }) =>
        isThisOne ? null : (
          <Button look="quiet" className="-my-1.5" onClick={() => ending.mutate(id)}>
            End<span className="sr-only"> the session of {browserName(name)}</span>
          </Button>
        ),
    },
  ];
  return (
    <Panel title="Browsers that are signed in" isFlush>
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      <ProblemText problem={ending.error} />
      {list.data !== undefined && (
        <DataTable label="Sessions" columns={columns} rows={list.data.items} keyOf={({ id }) => id} />
      )}
    </Panel>
  );
}

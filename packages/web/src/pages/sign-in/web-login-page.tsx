import type { WebLoginAnswer } from "@entrepot/core";
import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { sessionQuery, signOut } from "../../api/session.ts";
import { Button } from "../../components/button.tsx";
import { Icon } from "../../components/icon.tsx";
import { Facts } from "../../components/panel.tsx";
import { LoadingState, ProblemText } from "../../components/states.tsx";
import { Card } from "./card.tsx";

const route = getRouteApi("/login/$registry/$login");

/** Where `npm login` and its like send people: says which client asks for what, and logs it in. */
export function WebLoginPage(): ReactElement {
  const { registry, login } = route.useParams();
  const path = `/web-logins/${encodeURIComponent(registry)}/${encodeURIComponent(login)}`;
  const approving = useMutation({ mutationFn: () => api.call(path, { method: "POST" }) });
  const asked = useQuery({
    queryKey: ["web-login", registry, login],
    queryFn: ({ signal }) => api.call<WebLoginAnswer>(path, { signal }),
    // What is asked for here must not disappear under the hand of who reads it.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  if (approving.isSuccess) {
    return (
      <Card title="The client is logged in">
        <p role="status" className="flex gap-2.5 rounded-md bg-good-soft px-3 py-2.5">
          <Icon name="check" className="mt-0.5 text-good" />
          Go back to the terminal; you can close this page.
        </p>
      </Card>
    );
  }
  return (
    <Card title="Log in a client">
      {asked.isPending && <LoadingState />}
      {asked.isError && <ProblemText problem={asked.error} />}
      {asked.data !== undefined && (
        <Question
          login={asked.data}
          isBusy={approving.isPending}
          problem={approving.error}
          onApprove={() => approving.mutate()}
        />
      )}
    </Card>
  );
}

interface QuestionProps {
  login: WebLoginAnswer;
  isBusy: boolean;
  problem: unknown;
  onApprove: () => void;
}

function Question({ login, isBusy, problem, onApprove }: QuestionProps): ReactElement {
  const { data: self } = useSuspenseQuery(sessionQuery());
  const client = useQueryClient();
  const router = useRouter();
  const leaving = useMutation({ mutationFn: () => signOut(client), onSuccess: () => router.invalidate() });
  return (
    <div className="grid gap-4">
      {login.isOtherAddress && (
        <p role="alert" className="flex gap-2.5 rounded-md bg-bad-soft px-3 py-2.5">
          <Icon name="alert" className="mt-0.5 text-bad" />
          <span>
            <strong>This login was begun at another address than yours.</strong> If somebody sent you here,
            close this page: they would act in your name.
          </span>
        </p>
      )}
      <Facts
        facts={[
          ["Client", login.client === "" ? "does not say its name" : login.client],
          ["At", <code key="address">{login.address}</code>],
          ["Registry", login.registry],
          ["It may do", reachText(login)],
        ]}
      />
      <p className="text-soft">Go on only if you started this yourself, just now.</p>
      <ProblemText problem={problem} />
      <Button look="primary" isBusy={isBusy} onClick={onApprove}>
        Log the client in as {self?.user}
      </Button>
      <Button look="quiet" isBusy={leaving.isPending} onClick={() => leaving.mutate()}>
        Sign in as somebody else
      </Button>
    </div>
  );
}

function reachText({ reach, registry }: WebLoginAnswer): string {
  return reach === "all"
    ? "everything that you may do on this server, in every registry"
    : `what you may do in ${registry}, and nothing elsewhere`;
}

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { classNames } from "../../components/class-names.ts";
import { Button } from "../../components/button.tsx";
import { CopyBlock, CopyButton } from "../../components/copy.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { setUpGuides } from "./set-up-instructions.ts";
import { useRegistry } from "./use-registry.ts";

/** How each client is set up for this registry, to be copied. */
export function SetUpTab(): ReactElement {
  const { url } = useRegistry();
  const guides = setUpGuides({ registryUrl: url });
  const [chosen, setChosen] = useState("npm");
  const guide = guides.find(({ id }) => id === chosen) ?? guides[0];
  return (
    <div className="grid gap-4">
      <Panel title="Set up a client">
        <div role="group" aria-label="Client" className="mb-4 flex flex-wrap gap-1.5">
          {guides.map(({ id, title }) => (
            <button
              key={id}
              type="button"
              aria-pressed={id === guide?.id}
              onClick={() => setChosen(id)}
              className={classNames(
                "h-8 rounded-full border border-line px-3 font-medium text-soft hover:border-line-strong",
                "aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent",
              )}
            >
              {title}
            </button>
          ))}
        </div>
        {guide !== undefined && (
          <section aria-label={guide.title} className="grid gap-3">
            <p className="max-w-prose text-soft">{guide.note}</p>
            {guide.blocks.map(({ label, text }) => (
              <CopyBlock key={label} label={label} text={text} />
            ))}
          </section>
        )}
      </Panel>
      <TerminalLogin />
    </div>
  );
}

/** Name and password of this session, for clients that ask for them in the terminal. Hidden until asked for. */
function TerminalLogin(): ReactElement {
  const showing = useMutation({
    mutationFn: () => api.call<{ user: string; password: string }>("/session/password", { method: "POST" }),
  });
  const { data } = showing;
  return (
    <Panel title="Log in without a browser">
      <p className="mb-3 max-w-prose text-soft">
        A client that asks for name and password in the terminal, as npm does with{" "}
        <code>--auth-type=legacy</code>, takes the password of this session. It logs clients in until you sign
        out here; the tokens that they got go on. Any e-mail will do.
      </p>
      <ProblemText problem={showing.error} />
      {data === undefined ? (
        <Button isBusy={showing.isPending} onClick={() => showing.mutate()}>
          Show name and password
        </Button>
      ) : (
        <>
          <Facts
            facts={[
              ["User name", <Secret key="user" what="the user name" text={data.user} />],
              ["Password", <Secret key="password" what="the password" text={data.password} />],
            ]}
          />
          <Button className="mt-3" onClick={() => showing.reset()}>
            Hide
          </Button>
        </>
      )}
    </Panel>
  );
}

function Secret({ text, what }: { text: string; what: string }): ReactElement {
  return (
    <span className="flex items-center gap-1">
      <code className="[overflow-wrap:anywhere]">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

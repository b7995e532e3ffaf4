import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useRef, useState, type DragEvent, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { registryQuery } from "../registries/registry-queries.ts";
import { useRegistryChoice } from "./registry-choice.ts";

const route = getRouteApi("/shell/packages/upload");

interface Upload {
  registry: string;
  tag: string;
  file: File;
}

/** Takes a tarball that was packed here or elsewhere, as publishing it would. */
export function UploadPage(): ReactElement {
  const registries = useRegistryChoice();
  const { registry: chosen } = route.useSearch();
  const [wish, setWish] = useState({ registry: chosen ?? "", tag: "latest" });
  const [file, setFile] = useState<File | null>(null);
  const registry = wish.registry === "" ? (registries[0]?.name ?? "") : wish.registry;
  const { data: shown } = useQuery({ ...registryQuery(registry), enabled: registry !== "" });
  const isRefused = shown !== undefined && !shown.may.includes("publish");
  const { part, sending } = useUpload();
  return (
    <>
      <PageHeader title="Upload a package">
        A tarball as <code>npm pack</code> makes it, or as another registry gives it out. Name and version are
        in it; its bytes stay as they are, and so does its integrity.
      </PageHeader>
      <Panel>
        <form
          className="grid max-w-xl gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (file !== null) sending.mutate({ ...wish, registry, file });
          }}
        >
          <SelectField
            label="Registry"
            value={registry}
            error={isRefused ? "You may not publish to this registry." : null}
            onChange={({ target }) => setWish({ ...wish, registry: target.value })}
          >
            {registries.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
          <DropZone file={file} onFile={setFile} />
          <TextField
            label="Tag"
            hint="Clients that ask for no version get the one with the tag latest."
            value={wish.tag}
            onChange={({ target }) => setWish({ ...wish, tag: target.value })}
          />
          {sending.isPending && (
            <div className="grid gap-1">
              <progress aria-label="Upload" value={part} max={1} className="h-2 w-full accent-accent" />
              <p role="status" className="text-soft">
                {part < 1 ? `${Math.round(part * 100)} %` : "Sent. The server looks into it…"}
              </p>
            </div>
          )}
          <ProblemText problem={sending.error} />
          <div>
            <Button
              type="submit"
              look="primary"
              disabled={file === null || isRefused}
              isBusy={sending.isPending}
            >
              Upload
            </Button>
          </div>
        </form>
      </Panel>
    </>
  );
}

function useUpload() {
  const [part, setPart] = useState(0);
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const sending = useMutation({
    mutationFn: ({ registry, tag, file }: Upload) => {
      setPart(0);
      const path = `/registries/${encodeURIComponent(registry)}/packages?tag=${encodeURIComponent(tag)}`;
      return api.upload<{ package: string; version: string }>(path, file, setPart);
    },
    async onSuccess(made, { registry }) {
      await client.invalidateQueries({ queryKey: ["packages"] });
      await client.invalidateQueries({ queryKey: ["registries"] });
      tell(`${made.package}@${made.version} is uploaded.`);
      await navigate({
        to: "/packages/$registry/$package",
        params: { registry, package: made.package },
        search: { version: made.version },
      });
    },
  });
  return { part, sending };
}

function DropZone({ file, onFile }: { file: File | null; onFile: (file: File) => void }): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  function drop(event: DragEvent): void {
    event.preventDefault();
    const dropped = event.dataTransfer.files[0];
    if (dropped !== undefined) onFile(dropped);
  }
  return (
    <div
      role="group"
      aria-label="Drop a tarball"
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      className="grid justify-items-center gap-2 rounded-lg border border-dashed border-line-strong px-4 py-8 text-center"
    >
      <input
        ref={input}
        type="file"
        accept=".tgz,.tar.gz"
        aria-label="Tarball"
        className="sr-only"
        onChange={({ target }) => {
          const picked = target.files?.[0];
          if (picked !== undefined) onFile(picked);
        }}
      />
      <p className="font-medium [overflow-wrap:anywhere]">
        {file === null ? "Drop a .tgz here" : `${file.name}, ${sizeText(file.size)}`}
      </p>
      <Button onClick={() => input.current?.click()}>
        {file === null ? "Choose a file" : "Choose another"}
      </Button>
    </div>
  );
}

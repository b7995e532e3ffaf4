import type { PackageAnswer, ShownVersionAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement, ReactNode } from "react";
import { Icon } from "../../components/icon.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { sizeText } from "../../components/sizes.ts";
import { Time } from "../../components/time.tsx";
import { versionQuery, type VersionId } from "./package-queries.ts";

type Fact = readonly [name: string, value: ReactNode];

/** What there is to know of a version and its package, in short. */
export function FactsPanel({ id, about }: { id: VersionId; about: PackageAnswer }): ReactElement {
  const { data: version } = useQuery(versionQuery(id));
  return (
    <Panel title="Facts">
      <div className="grid gap-3">
        {typeof version?.deprecated === "string" && (
          <p className="rounded-md bg-warn-soft px-3 py-2 [overflow-wrap:anywhere]">
            <strong>Deprecated:</strong> {version.deprecated}
          </p>
        )}
        <Facts facts={[...(version === undefined ? [] : versionFacts(version)), ...packageFacts(about)]} />
      </div>
    </Panel>
  );
}

function versionFacts(version: ShownVersionAnswer): Fact[] {
  const { licence, sizeBytes, unpackedSizeBytes, fileCount, engines, publishedAt } = version;
  const facts: Array<Fact | null> = [
    ["Licence", <Licence key="licence" licence={licence} />],
    publishedAt === null ? null : ["Published", <Time key="time" at={publishedAt} />],
    version.publisher === null ? null : ["By", version.publisher],
    sizeBytes === null ? null : ["Tarball", sizeText(sizeBytes)],
    unpackedSizeBytes === null ? null : ["Unpacked", sizeText(unpackedSizeBytes)],
    fileCount === null ? null : ["Files", fileCount],
    engines === null || Object.keys(engines).length === 0
      ? null
      : [
          "Needs",
          Object.entries(engines)
            .map(([engine, range]) => `${engine} ${range}`)
            .join(", "),
        ],
    version.hasInstallScript === true ? ["At installation", <Scripts key="s" version={version} />] : null,
  ];
  return facts.filter((fact) => fact !== null);
}

function Licence({ licence }: Pick<ShownVersionAnswer, "licence">): ReactElement {
  const declared = licence?.declared ?? null;
  const observed = licence?.observed ?? [];
  const isOther = observed.length > 0 && !observed.includes(declared ?? "");
  return (
    <>
      {declared ?? <span className="text-faint">not declared</span>}
      {isOther && <span className="text-soft"> (its files say {observed.join(", ")})</span>}
    </>
  );
}

function Scripts({ version }: { version: ShownVersionAnswer }): ReactElement {
  const scripts = Object.entries(version.installScripts ?? {});
  if (scripts.length === 0) return <>runs a script</>;
  return (
    <ul className="grid gap-1">
      {scripts.map(([name, command]) => (
        <li key={name}>
          {name}: <code className="[overflow-wrap:anywhere]">{command}</code>
        </li>
      ))}
    </ul>
  );
}

function packageFacts(about: PackageAnswer): Fact[] {
  const { maintainers, author, links, keywords, createdAt, versionCount } = about;
  const tags = Object.entries(about.distTags);
  const facts: Array<Fact | null> = [
    ["Versions", versionCount],
    tags.length === 0 ? null : ["Tags", tags.map(([tag, version]) => `${tag}: ${version}`).join(", ")],
    createdAt === null ? null : ["Since", <Time key="since" at={createdAt} />],
    author === null ? null : ["Author", author.name],
    maintainers.length === 0 ? null : ["Maintainers", maintainers.map(({ name }) => name).join(", ")],
    links.homepage === null ? null : ["Home", <Away key="home" href={links.homepage} />],
    links.repository === null ? null : ["Source", <Away key="source" href={links.repository} />],
    links.bugs === null ? null : ["Bugs", <Away key="bugs" href={links.bugs} />],
    keywords.length === 0 ? null : ["Keywords", <Keywords key="words" about={about} />],
  ];
  return facts.filter((fact) => fact !== null);
}

function Away({ href }: { href: string }): ReactElement {
  return (
    <a className="text-accent underline" href={href} target="_blank" rel="noopener noreferrer nofollow">
      {href.replace(/^https?:\/\//, "")} <Icon name="external" className="size-3" />
    </a>
  );
}

function Keywords({ about }: { about: PackageAnswer }): ReactElement {
  return (
    <span className="flex flex-wrap gap-x-2">
      {about.keywords.map((keyword) => (
        <Link
          key={keyword}
          className="text-accent underline"
          to="/packages"
          search={{ registry: about.registry, text: `keywords:${keyword}` }}
        >
          {keyword}
        </Link>
      ))}
    </span>
  );
}

/** What the texts are made from. */
export interface SetUpInput {
  /** With a trailing slash; without one npm keeps the token where every registry below would get it. */
  registryUrl: string;
}

/** A text to be pasted, and where it goes. */
export interface SetUpBlock {
  label: string;
  text: string;
}

/** How one client, or one place where clients run, is set up. */
export interface SetUpGuide {
  id: string;
  title: string;
  /** What to know first. */
  note: string;
  blocks: readonly SetUpBlock[];
}

/** Says how each client is pointed at a registry and logged in to it, as text that can be pasted. */
export function setUpGuides({ registryUrl }: SetUpInput): SetUpGuide[] {
  return [
    ...npmGuides(registryUrl),
    ...yarnGuides(registryUrl),
    ...otherGuides(registryUrl),
    ...placeGuides(registryUrl),
  ];
}

/** The registry as the key of a credential in `.npmrc`: without the scheme. */
function keyOf(registryUrl: string): string {
  return registryUrl.replace(/^https?:/, "");
}

function npmrcWithToken(url: string): string {
  return `registry=${url}\n${keyOf(url)}:_authToken=\${NPM_TOKEN}\n`;
}

function npmGuides(url: string): SetUpGuide[] {
  return [
    {
      id: "npm",
      title: "npm",
      note: "The login opens a page of this server that asks you to approve it.",
      blocks: [
        { label: "In a terminal, once", text: `npm config set registry ${url}\nnpm login --registry ${url}` },
        { label: ".npmrc of a project, for everybody who works on it", text: `registry=${url}\n` },
        { label: ".npmrc for one scope only", text: `@your-scope:registry=${url}\n` },
        { label: "Publish", text: `npm publish --registry ${url}` },
      ],
    },
    {
      id: "pnpm",
      title: "pnpm",
      note: "pnpm reads the .npmrc of npm too, so a login of npm is one of pnpm.",
      blocks: [
        {
          label: "In a terminal, once",
          text: `pnpm config set registry ${url}\npnpm login --registry ${url}`,
        },
        { label: "Publish", text: `pnpm publish --registry ${url}` },
      ],
    },
  ];
}

function yarnGuides(url: string): SetUpGuide[] {
  const { protocol, hostname } = new URL(url);
  const plainHttp = protocol === "http:" ? [`unsafeHttpWhitelist: ["${hostname}"]`] : [];
  // A login keeps its token under the registry's URL without its slash, and what stands there hides what stands above.
  const alwaysAuth = ["npmRegistries:", `  "${url.replace(/\/$/, "")}":`, "    npmAlwaysAuth: true"];
  const settings = [`npmRegistryServer: "${url}"`, ...alwaysAuth, ...plainHttp];
  return [
    {
      id: "yarn-1",
      title: "yarn 1",
      note: "yarn 1 asks for no password when it logs in, so log in with npm. The line always-auth makes it send the token for packages without a scope.",
      blocks: [
        {
          label: "In a terminal, once",
          text: `npm login --registry ${url}\nyarn config set registry ${url}`,
        },
        { label: ".npmrc of a project", text: `registry=${url}\nalways-auth=true\n` },
        { label: "Publish", text: `yarn publish --registry ${url}` },
      ],
    },
    {
      id: "yarn-4",
      title: "yarn 2 and later",
      note: "It reads no .npmrc. The login can also ask in the terminal: leave --web-login out.",
      blocks: [
        { label: ".yarnrc.yml of a project", text: `${settings.join("\n")}\n` },
        { label: "In a terminal, once", text: "yarn npm login --web-login" },
        { label: "Publish", text: "yarn npm publish" },
      ],
    },
  ];
}

function otherGuides(url: string): SetUpGuide[] {
  return [
    {
      id: "bun",
      title: "bun",
      note: "bun has no login. Make a token, and put it into the environment as NPM_TOKEN.",
      blocks: [
        { label: "bunfig.toml", text: `[install.registry]\nurl = "${url}"\ntoken = "$NPM_TOKEN"\n` },
        { label: "Publish", text: `bun publish --registry ${url}` },
      ],
    },
    {
      id: "deno",
      title: "deno",
      note: "deno reads the .npmrc beside deno.json, and the token from the environment.",
      blocks: [{ label: ".npmrc", text: npmrcWithToken(url) }],
    },
  ];
}

function placeGuides(url: string): SetUpGuide[] {
  return [
    {
      id: "ci",
      title: "Pipelines",
      note: "Keep the token as a secret named NPM_TOKEN. A read-only one is enough for installing.",
      blocks: [
        { label: ".npmrc of the project", text: npmrcWithToken(url) },
        {
          label: "GitHub Actions",
          text: [
            "- uses: actions/setup-node@v4",
            "  with:",
            "    node-version: 22",
            `    registry-url: ${url}`,
            "- run: npm ci",
            "  env:",
            "    NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
            "",
          ].join("\n"),
        },
        {
          label: "GitLab CI",
          text: [
            "install:",
            "  image: node:22",
            "  script:",
            `    - npm config set registry ${url}`,
            `    - npm config set -- '${keyOf(url)}:_authToken' "\${NPM_TOKEN}"`,
            "    - npm ci",
            "",
          ].join("\n"),
        },
      ],
    },
    {
      id: "docker",
      title: "Dockerfile",
      note: "The token is there while the step runs, and in no layer of the image.",
      blocks: [
        {
          label: "Dockerfile",
          text: [
            "COPY package.json package-lock.json .npmrc ./",
            "RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci",
            "",
          ].join("\n"),
        },
        { label: ".npmrc beside it", text: npmrcWithToken(url) },
        { label: "Build", text: "docker build --secret id=npm_token,env=NPM_TOKEN ." },
      ],
    },
    {
      id: "renovate",
      title: "Renovate",
      note: "Keep the token as a secret of Renovate.",
      blocks: [{ label: "config.js", text: renovateText(url) }],
    },
  ];
}

function renovateText(url: string): string {
  return [
    "module.exports = {",
    `  npmrc: ${JSON.stringify(`registry=${url}`)},`,
    `  hostRules: [{ hostType: "npm", matchHost: ${JSON.stringify(url)}, token: process.env.NPM_TOKEN }],`,
    "};",
    "",
  ].join("\n");
}

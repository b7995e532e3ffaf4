/** What a person should know who was refused: what it means, and what mends it, most likely mistake first. */
export interface HelpTopic {
  title: string;
  meaning: string;
  mend: readonly string[];
}

/** A key of {@link HELP_TOPICS}. */
export type HelpCode =
  | "credential-missing"
  | "password-wrong"
  | "auth-malformed"
  | "auth-scheme-unknown"
  | "auth-not-a-pair"
  | "token-damaged"
  | "token-foreign"
  | "token-unknown"
  | "token-revoked"
  | "token-expired"
  | "token-of-other-user"
  | "token-address"
  | "user-disabled"
  | "session-ended"
  | "password-must-change"
  | "token-readonly"
  | "token-registry"
  | "token-package"
  | "token-permission"
  | "permission-denied"
  | "version-denied"
  | "version-exists";

/**
 * Every mistake with credentials and permissions that a client can be told of. The keys are the anchors of the
 * server's page on errors; a refusal names its key in `details.code`, or else by its own code.
 */
export const HELP_TOPICS: Readonly<Record<HelpCode, HelpTopic>> = {
  "credential-missing": {
    title: "No credential was sent",
    meaning:
      "The registry is closed, and the client sent nothing that says who asks. Clients send a credential only to the URL that it was stored for.",
    mend: [
      "Log in to this very registry: npm login --registry <URL of the registry, with a slash at its end>.",
      "Look into .npmrc: the key must be the registry's URL without the scheme, ending in a slash, such as //host/npm/default/:_authToken. Without the slash npm does not publish and yarn 1 sends nothing.",
      "yarn 1 and yarn 4 read unscoped packages without a credential: set always-auth=true in .npmrc for yarn 1, npmAlwaysAuth: true in .yarnrc.yml for yarn 4.",
      "In a pipeline, make sure that the variable that holds the token is set for this step.",
    ],
  },
  "password-wrong": {
    title: "The user name or password is wrong",
    meaning: "There is no such user, or the password is another one. The server does not say which.",
    mend: [
      "Type both again; names are the same in capitals and small letters, passwords are not.",
      "Ask an administrator for a new password: entrepot admin password <name>.",
    ],
  },
  "auth-malformed": {
    title: "The Authorization header cannot be read",
    meaning: "A credential is one word for the scheme and one for the value: Bearer TOKEN, or Basic PAIR.",
    mend: ["Remove the credential from .npmrc and log in again, or set _authToken to the token alone."],
  },
  "auth-scheme-unknown": {
    title: "The kind of credential is not known",
    meaning: "This server takes Bearer and Basic credentials only.",
    mend: ["Use a token as _authToken, or user name and password as _auth."],
  },
  "auth-not-a-pair": {
    title: "The Basic credential is not a pair",
    meaning: "_auth must be the base64 of user:password or of api:TOKEN; what came is something else.",
    mend: [
      "Make it with: printf '%s' 'api:TOKEN' | base64",
      "Do not set _auth to an e-mail address or to the token itself; a token alone goes into _authToken.",
    ],
  },
  "token-damaged": {
    title: "The token is not complete",
    meaning: "It begins like a token of this server, but its last characters do not fit the rest.",
    mend: ["Copy the whole token again, without spaces or quotation marks, or make a new one."],
  },
  "token-foreign": {
    title: "The token is of another server",
    meaning: "Tokens of this server look different. Perhaps it belongs to another registry.",
    mend: ["Log in to this registry, and store each token under the URL of its own registry in .npmrc."],
  },
  "token-unknown": {
    title: "The token is not known",
    meaning: "It has the right form, but this server or workspace never made it, or it ended long ago.",
    mend: ["Log in again, or make a new token."],
  },
  "token-revoked": {
    title: "The token was revoked",
    meaning:
      "Somebody ended it: by npm logout, npm token revoke, in the list of tokens, or as an administrator.",
    mend: ["Log in again, or make a new token."],
  },
  "token-expired": {
    title: "The token expired",
    meaning: "It was made to last until a date that has passed.",
    mend: ["Log in again, or make a new token with a later end."],
  },
  "token-of-other-user": {
    title: "The token belongs to another user",
    meaning: "The Basic credential names one user and carries the token of another.",
    mend: ["Give api as the user name, or the name of the token's own user."],
  },
  "token-address": {
    title: "The token may not be used from this address",
    meaning: "The token is limited to certain networks, and the request came from elsewhere.",
    mend: [
      "Use it from the networks that it was made for, or make one that covers this address.",
      "Behind a reverse proxy, list the proxy in trustedProxies so that the server sees clients' own addresses.",
    ],
  },
  "user-disabled": {
    title: "The user is disabled",
    meaning: "An administrator switched the user off; all its tokens have ended with it.",
    mend: ["Ask an administrator to enable the user, then log in again."],
  },
  "session-ended": {
    title: "The session has ended",
    meaning:
      "What came was the cookie or the password of a browser session, and the session was signed out or has expired.",
    mend: [
      "Sign in to the web site again; for a client, copy the password that is shown there.",
      "Tokens that clients got from the session before go on.",
    ],
  },
  "password-must-change": {
    title: "The first password must be changed",
    meaning: "A one-time password opens nothing but the way to a password of one's own.",
    mend: [
      "Set one on this server's page /-/password, or with: entrepot password --server <URL of the server> --user <name>.",
      "If the one-time password is lost, an administrator makes another: entrepot admin password <name>.",
    ],
  },
  "token-readonly": {
    title: "The token is read-only",
    meaning: "It may read and install, and nothing else, whatever its user may do.",
    mend: ["Use a token that may write, or log in with npm login."],
  },
  "token-registry": {
    title: "The token is for another registry",
    meaning: "The token is limited to certain registries, and this is not one of them.",
    mend: [
      "Check the registry's URL in .npmrc; a token stored under the host alone is sent to every registry there.",
      "Log in to this registry with a slash at the end of its URL, or make a token for it.",
    ],
  },
  "token-package": {
    title: "The token is for other packages",
    meaning: "The token is limited to certain packages or scopes, and this name is not among them.",
    mend: ["Use a token that covers the package, or make one."],
  },
  "token-permission": {
    title: "The token may not do this",
    meaning: "The token was made for certain permissions, and this is not one of them.",
    mend: ["Use a token with that permission, or make one."],
  },
  "permission-denied": {
    title: "The credential may not do this",
    meaning: "The server knows who asks, and the rules of the registry do not allow it. The text says which.",
    mend: ["Ask an administrator for the permission, or use the credential of somebody who has it."],
  },
  "version-denied": {
    title: "A policy rule refuses this version",
    meaning:
      "The version exists, and the registry's policy keeps it from being installed. The text says why.",
    mend: [
      "Use another version; those that are allowed are listed by npm view <package> versions.",
      "Ask an administrator of the registry to allow it.",
    ],
  },
  "version-exists": {
    title: "The version exists already",
    meaning:
      "What is published never changes, so that everybody who installs a version gets the same content.",
    mend: ["Publish under a higher version: npm version patch, then npm publish."],
  },
};

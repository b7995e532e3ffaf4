/**
 * Names that very many projects install, for comparing others with. Near relatives that are both real stand here
 * both (`react` and `preact`, `enquirer` and `inquirer`): what is in the list is never taken for another.
 */
export const POPULAR_NAMES: readonly string[] = (
  "abbrev accepts acorn acorn-walk agent-base ajv ajv-formats angular ansi-colors ansi-escapes ansi-regex " +
  "ansi-styles any-promise anymatch apollo-server archiver arg argparse args array-flatten array-union asap " +
  "asn1 assert assertion-error ast-types async async-lock asynckit atob autoprefixer aws-sdk aws4 axios " +
  "axios-retry babel babel-cli babel-core babel-eslint babel-jest babel-loader babel-polyfill " +
  "babel-preset-env babel-runtime backbone balanced-match base64-js bcrypt bcryptjs bignumber.js bindings bl " +
  "bluebird bn.js body-parser boolbase bootstrap bower brace-expansion braces browserify browserslist bs58 " +
  "buffer buffer-from bull bullmq bytes cacache cac call-bind camelcase caniuse-lite canvas chai chalk " +
  "chardet chart.js cheerio chokidar chownr chrome-launcher ci-info class-transformer class-validator " +
  "classnames clean-css cli-cursor cli-spinners cli-table cli-table3 cli-width cliui clone clsx co color " +
  "color-convert color-name colorette colors combined-stream commander commondir compression concat-map " +
  "concat-stream concurrently config connect consola content-disposition content-type convert-source-map " +
  "cookie cookie-parser cookies copy-webpack-plugin core-js core-js-pure core-util-is cors cosmiconfig " +
  "create-react-app cron cross-env cross-fetch cross-spawn crypto-js css css-loader css-select css-tree cssnano " +
  "csstype csv-parse cypress d3 date-fns dayjs debug decimal.js deep-equal deep-extend deep-is deepmerge " +
  "define-properties del delayed-stream depd deprecation dequal destroy detect-libc diff discord.js docusaurus " +
  "dompurify domutils dotenv dotenv-expand dotenvx duplexer duplexify ejs electron electron-builder " +
  "electron-to-chromium element-ui ember-cli emoji-regex emotion encodeurl end-of-stream enhanced-resolve " +
  "enquirer entities envinfo enzyme errno es-abstract es6-promise esbuild escalade escape-html " +
  "escape-string-regexp escodegen eslint eslint-config-airbnb eslint-config-prettier eslint-plugin-import " +
  "eslint-plugin-jest eslint-plugin-node eslint-plugin-prettier eslint-plugin-react eslint-plugin-react-hooks " +
  "eslint-plugin-vue eslint-scope espree esprima esquery estraverse esutils etag ethers event-stream " +
  "eventemitter2 eventemitter3 events execa expect express express-session express-validator extend fast-deep-equal " +
  "fast-glob fast-xml-parser fastify fastq faker fetch fibers figures file-loader file-type fill-range " +
  "finalhandler find-up firebase firebase-admin flat flatted follow-redirects font-awesome for-each foreground-child " +
  "form-data formidable forever framer-motion fresh fs-extra fs.realpath fsevents function-bind fuse.js gaxios " +
  "get-caller-file get-stream glob glob-parent globals globby got graceful-fs graphql graphql-tag grunt grunt-cli " +
  "gulp gulp-cli gulp-util handlebars har-validator has-flag has-symbols hasown he helmet highlight.js history " +
  "hoist-non-react-statics hono hosted-git-info html-entities html-webpack-plugin htmlparser2 http-errors " +
  "http-proxy http-proxy-agent http-proxy-middleware http-server https-proxy-agent husky hyperquest i18next " +
  "iconv-lite ieee754 ignore image-size immer immutable import-fresh imurmurhash indent-string inflight inherits " +
  "ini inquirer invariant ioredis ipaddr.js is-buffer is-core-module is-docker is-extglob is-glob is-number " +
  "is-plain-object is-promise is-regex is-stream is-wsl isarray isexe isobject istanbul jasmine jest jest-cli " +
  "jest-worker jiti jose jquery js-tokens js-yaml jsdom jsesc json-schema json-schema-traverse " +
  "json-stringify-safe json5 jsonfile jsonparse jsonwebtoken jszip karma kind-of kleur knex koa kysely " +
  "leaflet lerna less less-loader levn lighthouse lint-staged listr2 loader-utils locate-path lodash lodash-es " +
  "lodash.debounce lodash.get lodash.isequal lodash.merge log-symbols log4js loglevel long loose-envify " +
  "lottie-web lru-cache luxon magic-string make-dir markdown-it marked material-ui md5 media-typer memfs merge " +
  "merge-descriptors merge-stream merge2 meow methods micromatch mime mime-db mime-types mimic-fn " +
  "mini-css-extract-plugin minimatch minimist minipass mkdir mkdirp mobx mobx-react mocha moment moment-timezone " +
  "mongodb mongoose morgan mri ms multer mysql mysql2 mz nan nanoid natural-compare negotiator neo-async nestjs " +
  "next next-auth nock node-addon-api node-fetch node-forge node-gyp node-gyp-build node-notifier node-releases " +
  "node-sass nodemailer nodemon nopt normalize-path normalize.css npm npm-run-all npm-run-path nuxt nx nyc oauth " +
  "object-assign object-inspect object-keys object.assign object.values on-finished once onetime open openai " +
  "optimist optionator ora os-tmpdir p-limit p-locate p-map p-queue p-retry package-json pako parcel parse-json " +
  "parse5 parseurl passport passport-jwt passport-local path-exists path-key path-parse path-to-regexp path-type " +
  "pg phantomjs phin picocolors picomatch pify pino pino-pretty pirates pixi.js pkg-dir playwright " +
  "playwright-core pluralize pm2 popper.js postcss postcss-cli postcss-loader postcss-selector-parser " +
  "postcss-value-parser preact prettier pretty-format primeng prisma process-nextick-args progress promise " +
  "prompts prop-types protobufjs proxy-addr proxy-agent proxy-from-env pug pump punycode puppeteer " +
  "puppeteer-core q qrcode qs query-string querystring queue-microtask ramda random-bytes randombytes range-parser " +
  "raw-body rc rc-util react react-bootstrap react-dom react-hook-form react-icons react-is react-native " +
  "react-query react-redux react-router react-router-dom react-scripts react-select react-test-renderer " +
  "react-transition-group read-pkg read-pkg-up readable-stream readdirp recast recharts recompose redis redux " +
  "redux-saga redux-thunk reflect-metadata regenerator-runtime regexpp remark request request-promise requests " +
  "require-directory require-from-string resolve resolve-from restify restore-cursor retry reusify rimraf rollup " +
  "router run-async run-parallel rxjs safe-buffer safer-buffer sass sass-loader sax scheduler schema-utils " +
  "selenium-webdriver semver send sequelize serialize-javascript serve serve-static setprototypeof sharp " +
  "shebang-command shelljs shx side-channel signal-exit sinon slash slice-ansi slick-carousel socket.io " +
  "socket.io-client solc solid-js source-map source-map-support sourcemap-codec spdx-license-ids speakeasy " +
  "split2 sprintf-js sqlite sqlite3 ssh2 statuses storybook string-width string_decoder strip-ansi strip-bom " +
  "strip-json-comments stripe style-loader styled-components stylelint stylus superagent supertest supports-color " +
  "svelte svgo sweetalert2 swiper swr table tailwindcss tapable tar tar-fs tar-stream terser " +
  "terser-webpack-plugin text-table three through through2 tmp to-fast-properties to-regex-range toidentifier " +
  "tough-cookie tr46 ts-jest ts-loader ts-node tslib tslint tsx tunnel-agent turbo type-check type-fest type-is " +
  "typedarray typeorm typescript ua-parser-js uglify-js underscore undici unified uniq universalify unpipe " +
  "update-browserslist-db uri-js url-loader url-parse use-sync-external-store util-deprecate uuid uvu " +
  "v8-compile-cache validate-npm-package-name validator vary vercel vite vitest vue vue-loader vue-router " +
  "vue-template-compiler vuetify vuex web-vitals web3 webpack webpack-bundle-analyzer webpack-cli " +
  "webpack-dev-middleware webpack-dev-server webpack-merge webpack-sources webpackbar websocket whatwg-fetch " +
  "whatwg-url which winston winston-transport word-wrap workbox-webpack-plugin wrap-ansi wrappy write-file-atomic " +
  "ws xlsx xml2js xmlbuilder xo xtend y18n yallist yaml yargs yargs-parser yarn yeoman-generator yocto-queue zod " +
  "zone.js zustand " +
  "@angular/cli @angular/common @angular/core @apollo/client @aws-sdk/client-s3 @babel/cli @babel/core " +
  "@babel/parser @babel/preset-env @babel/preset-react @babel/preset-typescript @babel/runtime @babel/traverse " +
  "@babel/types @emotion/react @emotion/styled @eslint/js @hapi/hapi @jest/globals @mui/material @nestjs/common " +
  "@nestjs/core @playwright/test @prisma/client @reduxjs/toolkit @rollup/plugin-node-resolve @sentry/node " +
  "@storybook/react @swc/core @tanstack/react-query @testing-library/jest-dom @testing-library/react @types/express " +
  "@types/jest @types/lodash @types/node @types/react @types/react-dom @typescript-eslint/eslint-plugin " +
  "@typescript-eslint/parser @vitejs/plugin-react @vue/cli @vue/compiler-sfc"
).split(" ");

const MUCH_USED: ReadonlySet<string> = new Set(POPULAR_NAMES);

/** Tells whether very many projects install a package. */
export function isMuchUsed(name: string): boolean {
  return MUCH_USED.has(name);
}

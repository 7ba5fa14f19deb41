export { type CssOptions, startCss } from './start';

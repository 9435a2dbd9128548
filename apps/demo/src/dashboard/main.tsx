import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/parts.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { followTheme } from './data/theme.ts';

followTheme();
const place = document.getElementById('app');
if (place) render(<App />, place);

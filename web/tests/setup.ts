/** Runs before each file of tests: what one test drew is gone before the next. */

import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';

afterEach(cleanup);

import { createHttpHarness } from '../src/testing/http-harness.ts';
import { describeModelConformance } from '../src/testing/model-conformance.ts';
import { VENDORS } from './support/vendor-wires.ts';

for (const [family, vendor] of Object.entries(VENDORS)) {
  describeModelConformance(`a model of family ${family}`, createHttpHarness(vendor));
}

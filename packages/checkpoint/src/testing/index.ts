export { describeStoreConformance, type StorePlace } from './store-conformance.ts';

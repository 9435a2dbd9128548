import './unreachable-notice.css';
import { isUnreachable } from '../../data/unreachable.ts';

/** Says that the service does not answer, for as long as that is so. */
export function UnreachableNotice() {
  return (
    <div class="unreachable" role="status">
      {isUnreachable.value && (
        <p>The service does not answer. What you see is what was last known; it is asked again until it does.</p>
      )}
    </div>
  );
}

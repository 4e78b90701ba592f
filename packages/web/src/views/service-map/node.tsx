// One service on the map.
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { type GraphNode, service_name } from '../../model/graph.ts';
import { rate_text, ratio_text } from '../../widgets/format.ts';
import { Icon } from '../../widgets/icon.tsx';
import { tone_of } from '../tones.ts';

export type ServiceNode = Node<
  { node: GraphNode; seconds: number; faded: boolean; selected: boolean; matched: boolean },
  'service'
>;

export const ServiceNodeView = memo(function ServiceNodeView({ data }: NodeProps<ServiceNode>) {
  const { node, seconds } = data;
  const tone = tone_of(node.trouble);
  const name = service_name(node.service);
  const marks = `${data.faded ? 'faded' : ''} ${data.selected ? 'selected' : ''} ${data.matched ? 'matched' : ''}`;
  return (
    <div
      className={`service-node ${tone} ${marks}`}
      data-testid="service-node"
      data-service={name}
      data-type={node.service.type}
      data-icon={node.icon}
      data-role={node.role}
      data-requests={node.request}
      data-rps={node.request / seconds}
      data-error-ratio={node.error_ratio ?? ''}
      title={name}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <span className="node-icon">
        <Icon name={node.icon} size={20} />
      </span>
      <span className="node-text">
        <b>{name}</b>
        <small>
          {node.opaque_only ? (
            'no calls understood'
          ) : (
            <>
              {node.role === 'client' && <span title="Calls it makes">→ </span>}
              {rate_text(node.request / seconds)}
              <em className={tone}>{ratio_text(node.error_ratio)} errors</em>
            </>
          )}
        </small>
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

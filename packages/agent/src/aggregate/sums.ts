// The metrics of one key in one window. Kept in a pool: made and forgotten every second.
import { Sketch } from '@sonde/records/codec';

export class Sums {
  /** Begin of the window, seconds since the epoch. */
  time = 0;
  request = 0;
  response = 0;
  rrt_sum = 0;
  rrt_count = 0;
  rrt_max = 0;
  client_error = 0;
  server_error = 0;
  timeout = 0;
  byte_tx = 0;
  byte_rx = 0;
  message_tx = 0;
  message_rx = 0;
  new_flow = 0;
  tcp_establish_fail = 0;
  /** Response times, us. Made with the first one. */
  sketch: Sketch | undefined = undefined;

  rrt(us: number): void {
    this.rrt_sum += us;
    this.rrt_count++;
    if (us > this.rrt_max) this.rrt_max = us;
    this.sketch ??= new Sketch();
    this.sketch.add(us);
  }

  merge(other: Sums): void {
    this.request += other.request;
    this.response += other.response;
    this.rrt_sum += other.rrt_sum;
    this.rrt_count += other.rrt_count;
    if (other.rrt_max > this.rrt_max) this.rrt_max = other.rrt_max;
    this.client_error += other.client_error;
    this.server_error += other.server_error;
    this.timeout += other.timeout;
    this.byte_tx += other.byte_tx;
    this.byte_rx += other.byte_rx;
    this.message_tx += other.message_tx;
    this.message_rx += other.message_rx;
    this.new_flow += other.new_flow;
    this.tcp_establish_fail += other.tcp_establish_fail;
    if (other.rrt_count > 0) {
      this.sketch ??= new Sketch();
      this.sketch.merge(other.sketch!);
    }
  }

  reset(time: number): void {
    this.time = time;
    this.request = this.response = 0;
    this.rrt_sum = this.rrt_count = this.rrt_max = 0;
    this.client_error = this.server_error = this.timeout = 0;
    this.byte_tx = this.byte_rx = this.message_tx = this.message_rx = 0;
    this.new_flow = this.tcp_establish_fail = 0;
    this.sketch?.reset();
  }
}

const POOL_MAX = 8192;

export class SumsPool {
  private readonly free: Sums[] = [];

  take(time: number): Sums {
    const sums = this.free.pop() ?? new Sums();
    sums.reset(time);
    return sums;
  }

  give(sums: Sums): void {
    if (this.free.length < POOL_MAX) this.free.push(sums);
  }
}

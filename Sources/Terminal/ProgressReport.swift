import Synchronization

/// Progress of long work on standard error: on a terminal a bar for each lane (such as members that train in parallel),
/// elsewhere plain lines, and nothing with `--quiet`. Any thread may call it.
public final class ProgressReport: Sendable {
  enum Form: Sendable {
    case none
    case lines
    case bars(ProgressBar.Style)
  }

  private struct State {
    var bars: [ProgressBar]
    var drawnAt: Double?
    var printedAt: Double
  }

  private let form: Form
  private let stream: ErrorStream
  private let size: @Sendable () -> (columns: Int, rows: Int)
  private let clock: @Sendable () -> Double
  private let state: Mutex<State>

  /// Seconds between two redraws: 15 a second are as many as the eye sees.
  private static let frame = 1.0 / 15
  /// Seconds without a line in a log after which unfinished work is mentioned.
  private static let silence = 30.0

  /// A report of work in `lanes` lanes, numbered from 0; with `quiet` it prints nothing.
  public convenience init(lanes: Int = 1, quiet: Bool) {
    let style = ProgressBar.Style(isUnicode: StandardError.isUnicode, usesColor: StandardError.usesColor)
    let start = ContinuousClock.now
    self.init(
      lanes: lanes, form: quiet ? .none : StandardError.drawsBars ? .bars(style) : .lines, stream: .standard,
      size: { StandardError.size },
      clock: {
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
      })
  }

  /// The same with a given stream, terminal size and clock (in seconds), for tests.
  init(
    lanes: Int, form: Form, stream: ErrorStream,
    size: @escaping @Sendable () -> (columns: Int, rows: Int), clock: @escaping @Sendable () -> Double
  ) {
    self.form = form
    self.stream = stream
    self.size = size
    self.clock = clock
    state = Mutex(State(bars: Array(repeating: ProgressBar(), count: lanes), printedAt: clock()))
  }

  deinit { finish() }

  /// Updates a lane. Cheap enough to call after each training step.
  ///
  /// - Parameters:
  ///   - lane: The lane's number, from 0.
  ///   - label: What is being done: `epoch 3/12`.
  ///   - completed: How many of the `total` units are done.
  ///   - total: How many units there are.
  ///   - unit: What they are: `images`.
  ///   - detail: What else to show: `loss 0.0812`.
  public func update(
    lane: Int, label: String, completed: Int, total: Int, unit: String, detail: String
  ) {
    if case .none = form { return }
    let now = clock()
    state.withLock { state in
      state.bars[lane].label = label
      state.bars[lane].total = total
      state.bars[lane].unit = unit
      state.bars[lane].detail = detail
      state.bars[lane].advance(to: completed, at: now)
      switch form {
      case .none: break
      case .lines:
        if now - state.printedAt < Self.silence { return }
        stream.print(state.bars[lane].summary)
        state.printedAt = now
      case .bars(let style):
        if let drawnAt = state.drawnAt, now - drawnAt < Self.frame { return }
        draw(state.bars, style)
        state.drawnAt = now
      }
    }
  }

  /// Prints a line that stays, such as an epoch's result; bars are drawn below it.
  public func line(_ text: String) {
    state.withLock { state in
      switch form {
      case .none: break
      case .lines:
        stream.print(visible(text))
        state.printedAt = clock()
      case .bars(let style):
        stream.print(visible(text))
        if state.drawnAt != nil { draw(state.bars, style) }
      }
    }
  }

  /// Removes the bars from the screen; printed lines stay. A later update draws bars again.
  public func finish() {
    state.withLock { state in
      if state.drawnAt != nil { stream.eraseBars() }
      state.drawnAt = nil
    }
  }

  /// Draws the lanes that have started, no more than the screen has rows, since others would scroll away.
  private func draw(_ bars: [ProgressBar], _ style: ProgressBar.Style) {
    let (columns, rows) = size()
    let started = bars.filter { !$0.label.isEmpty }.prefix(max(1, rows - 1))
    let labelWidth = started.map(\.label.count).max() ?? 0
    stream.draw(started.map { $0.rendered(width: columns - 1, labelWidth: labelWidth, style: style) })
  }
}

import Synchronization

/// Progress of long work on standard error: a bar a lane on a terminal (members train side by side), plain
/// lines elsewhere, nothing with `--quiet`. Any thread may call it.
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

  /// A redraw costs a system call and the eye sees no more: 15 a second.
  private static let frame = 1.0 / 15
  /// Seconds of silence in a log after which an unfinished piece of work is mentioned.
  private static let silence = 30.0

  /// A report of work in some lanes, numbered from 0; `quiet` keeps it silent.
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

  /// The same over a given stream, terminal and clock (seconds).
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

  /// Says how far a lane is: `completed` of `total` units (`images`), what is being done (`epoch 3/12`) and
  /// what is worth seeing meanwhile (`loss 0.0812`). Cheap enough to call after each step.
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

  /// Prints a finished line (an epoch's result); bars stay below it.
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

  /// Takes the bars off the screen; the finished lines stay. A later update shows them again.
  public func finish() {
    state.withLock { state in
      if state.drawnAt != nil { stream.eraseBars() }
      state.drawnAt = nil
    }
  }

  /// Lanes that did not start yet show nothing; more than the screen has rows would scroll away.
  private func draw(_ bars: [ProgressBar], _ style: ProgressBar.Style) {
    let (columns, rows) = size()
    let started = bars.filter { !$0.label.isEmpty }.prefix(max(1, rows - 1))
    let labelWidth = started.map(\.label.count).max() ?? 0
    stream.draw(started.map { $0.rendered(width: columns - 1, labelWidth: labelWidth, style: style) })
  }
}

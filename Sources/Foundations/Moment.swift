import Platform

/// A moment by the calendar and the clock.
public struct Moment {
  /// The C library's fields.
  public let fields: tm

  /// A moment in the user's time.
  ///
  /// - Parameter seconds: Since 1970; now if left out.
  public static func local(_ seconds: time_t = time(nil)) -> Moment {
    var (seconds, fields) = (seconds, tm())
    localtime_r(&seconds, &fields)
    return Moment(fields: fields)
  }

  /// Now, in UTC.
  public static func utc() -> Moment {
    var (now, fields) = (time(nil), tm())
    gmtime_r(&now, &fields)
    return Moment(fields: fields)
  }

  /// `2026-11-27`.
  public var date: String { "\(year)-\(two(fields.tm_mon + 1))-\(day)" }
  /// `20:15:03`.
  public var clock: String { "\(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec))" }
  /// `2026`.
  public var year: String { "\(1900 + Int(fields.tm_year))" }
  /// The day of the month: `07`.
  public var day: String { two(fields.tm_mday) }

  private func two(_ number: Int32) -> String { "\(number)".leftPadded(to: 2, with: "0") }
}

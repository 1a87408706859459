using NodaTime;
using Penstock.Simulator.Recorded;

namespace Penstock.UnitTests.Simulator.Recorded;

public sealed class SessionFilesTests : IDisposable
{
    private readonly Files files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Semicolons_in_the_rows_do_not_mislead_the_reader_of_a_header_with_commas()
    {
        var odd = string.Concat(Enumerable.Repeat("a;b\n", 12)); // rows of as many fields each, if a semicolon separated them
        var path = files.Write("odd.csv", $"arrival,departure,energy_kwh\n{odd}2025-01-01T10:00,2025-01-01T12:00,7.4\n");
        var read = SessionFiles.Read([path], Files.All);
        Assert.Equal((1, 13), (read.Sessions.Count, read.Rows));
    }

    [Fact]
    public void A_plain_file_is_read_with_own_column_names_and_local_times()
    {
        var path = files.Write("plain.csv", "who,start,stop,kwh,pile\ncar-1,2025-03-30T01:30,2025-03-30T08:00,12.5,A\n");
        var columns = new Dictionary<string, string> { ["arrival"] = "start", ["departure"] = "stop", ["energy_kwh"] = "kwh", ["evse"] = "pile", ["vehicle"] = "who" };
        var session = Assert.Single(SessionFiles.Read([path], Files.All with { Columns = columns }).Sessions);
        Assert.Equal(Instant.FromUtc(2025, 3, 30, 0, 30), session.Arrive);
        Assert.Equal(Instant.FromUtc(2025, 3, 30, 6, 0), session.Leave); // summer time began in between
        Assert.Equal(("car-1", "A", 12.5), (session.Vehicle, session.Evse, session.EnergyKwh));
    }

    [Fact]
    public void An_ACN_file_carries_the_departure_that_the_driver_declared()
    {
        var path = files.Write("acn.csv.gz", """
            session_id,station_id,arrival,departure,estimated_departure,requested_kwh,delivered_kwh,claimed,period
            s1,CA-305,2019-05-01T08:18:45Z,2019-05-01T22:52:36Z,2019-05-01T16:20:45Z,60.0,44.069,1,p
            """);
        var session = Assert.Single(SessionFiles.Read([path], Files.All).Sessions);
        Assert.Equal(Instant.FromUtc(2019, 5, 1, 16, 20, 45), session.Declared);
        Assert.Equal(44.069, session.EnergyKwh);
    }

    [Fact]
    public void A_Norwegian_file_takes_power_and_battery_from_the_users_beside_it()
    {
        files.Write("users.csv", "user_id,est_charging_kw,est_battery_kwh\nu1,3.56,24.81\n");
        var path = files.Write("sessions.csv", """
            location,user_id,session_id,plugin_time,plugout_time,connection_h,energy_kwh,est_charging_h,est_soc_diff_pct,est_soc_start_pct,est_idle_h
            A,u1,n1,2018-02-06T14:42:00,2018-02-07T05:18:00,14.6,3.64,1.046,14.579,80.421,13.554
            B,u2,n2,2018-02-06T14:42:00,2018-02-07T05:18:00,14.6,3.64,1.046,14.579,80.421,13.554
            """);
        var read = SessionFiles.Read([path], Files.All with { Location = "A" });
        var session = Assert.Single(read.Sessions);
        Assert.Equal((24.81, 3.56, 0.80421), (session.CapacityKwh!.Value, session.ChargeKw!.Value, Math.Round(session.FractionAtArrival!.Value, 5)));
        Assert.Equal(1, read.NotSelected);
    }

    [Theory]
    [InlineData("2025-01-01T10:00,2025-01-01T09:00,5", "departureNotAfterArrival")]
    [InlineData("2025-01-01T10:00,2025-01-20T09:00,5", "stayTooLong")]
    [InlineData("2025-01-01T10:00,2025-01-01T11:00,0", "noEnergy")]
    [InlineData("2025-01-01T10:00,2025-01-01T11:00,-3", "noEnergy")]
    [InlineData("2025-01-01T10:00,2025-01-01T11:00,50", "powerImplausible")]
    [InlineData("2025-01-01T10:00,,5", "missing")]
    [InlineData("2025-01-01T10:00,2025-01-01T12:00,", "missing")]
    [InlineData("2025-01-01T10:00,2025-01-01T12:00,many", "notANumber")]
    [InlineData("2025-01-01T10:00,2025-01-01T12:00,NaN", "notANumber")]
    [InlineData("2025-13-01T10:00,2025-01-01T12:00,5", "notATime")]
    [InlineData("1970-01-01T00:00,1970-01-01T02:00,5", "timeImplausible")]
    [InlineData("2025-01-01T10:00,2025-01-01T12:00", "malformed")]
    [InlineData("2025-01-01T10:00,2025-01-01T12:00,5,6", "malformed")]
    [InlineData("\"2025-01-01T10:00,2025-01-01T12:00,5", "malformed")]
    public void A_broken_row_is_quarantined_with_file_line_and_reason_and_the_next_one_is_used(string row, string reason)
    {
        var path = files.Write("rows.csv", $"arrival,departure,energy_kwh\n{row}\n2025-01-02T10:00,2025-01-02T12:00,5\n");
        var read = SessionFiles.Read([path], Files.All);
        var bad = Assert.Single(read.Quarantined);
        Assert.Equal(("rows.csv", 2, reason), (bad.File, bad.Line, bad.Reason));
        Assert.NotEmpty(bad.Detail);
        Assert.Equal(Instant.FromUtc(2025, 1, 2, 9, 0), Assert.Single(read.Sessions).Arrive);
        Assert.Equal(2, read.Rows);
    }

    [Fact]
    public void Two_vehicles_at_one_place_and_two_rows_of_one_session_are_not_both_used()
    {
        var path = files.Write("rows.csv", """
            session_id,evse,arrival,departure,energy_kwh
            a,P1,2025-01-01T10:00,2025-01-01T12:00,5
            b,P1,2025-01-01T11:00,2025-01-01T13:00,5
            c,P2,2025-01-01T11:00,2025-01-01T13:00,5
            a,P2,2025-01-02T11:00,2025-01-02T13:00,5
            """);
        var read = SessionFiles.Read([path], Files.All);
        Assert.Equal(["a", "c"], read.Sessions.Select(s => s.Id));
        Assert.Equal([("overlap", 3), ("duplicateId", 5)], read.Quarantined.Select(q => (q.Reason, q.Line)));
    }

    [Fact]
    public void Sessions_are_moved_by_whole_weeks_of_local_time()
    {
        var path = files.Write("rows.csv", "arrival,departure,energy_kwh\n2025-03-28T18:00,2025-03-29T06:00,5\n");
        var session = Assert.Single(SessionFiles.Read([path], Files.All with { ShiftWeeks = 1 }).Sessions);
        Assert.Equal(new LocalDateTime(2025, 4, 4, 18, 0), session.Arrive.InZone(Files.Oslo).LocalDateTime);
        Assert.Equal(Duration.FromHours(12), session.Leave - session.Arrive);
    }

    [Fact]
    public void Days_outside_the_selection_are_counted_and_not_used()
    {
        var path = files.Write("rows.csv", "arrival,departure,energy_kwh\n2025-01-01T10:00,2025-01-01T12:00,5\n2025-01-02T10:00,2025-01-02T12:00,5\n2025-01-03T10:00,2025-01-03T12:00,5\n");
        var read = SessionFiles.Read([path], Files.All with { From = new LocalDate(2025, 1, 2), To = new LocalDate(2025, 1, 3) });
        Assert.Single(read.Sessions);
        Assert.Equal(2, read.NotSelected);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("a,b\n1,2\n", "arrival, departure, energy_kwh")]
    public void A_file_of_no_known_format_is_refused_with_its_columns(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<RecordedFileUnusableException>(() => SessionFiles.Read([files.Write("x.csv", text)], Files.All)).Message);

    [Fact]
    public void A_missing_file_and_a_file_that_is_no_gzip_are_refused()
    {
        Assert.Contains("no such file", Assert.Throws<RecordedFileUnusableException>(() => SessionFiles.Read([files.Path_("none.csv")], Files.All)).Message);
        var plain = files.Write("plain.csv", "arrival,departure,energy_kwh\n");
        var named = files.Path_("fake.csv.gz");
        File.Move(plain, named);
        Assert.Throws<RecordedFileUnusableException>(() => SessionFiles.Read([named], Files.All));
    }
}
